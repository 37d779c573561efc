import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {describe, it} from 'vitest';
import {errorCode, TakoError} from '../../../src/system/error.js';
import {createWorld} from './world.js';

const hasCode = (code: string) => (error: unknown) => errorCode(error) === code;

describe('a rollout', () => {
  it('starts, proves and switches, and ends what served before', async () => {
    const world = createWorld();
    await world.deploy(world.createRelease({id: 'a1'}), {scale: 2});
    assert.deepEqual(world.steps, ['prepare', 'start', 'health', 'switch', 'drain', 'finalize']);
    assert.deepEqual(await world.answers(), ['a1', 'a1']);
    const old = world.serving.set?.instances() ?? [];
    await world.deploy(world.createRelease({id: 'b2'}), {scale: 2});
    assert.deepEqual(await world.answers(), ['b2', 'b2']);
    assert.equal(old.length, 2);
    assert.equal(world.drained.length, 2, 'each of the old ones was drained');
    for (const {instance} of old) {
      assert.ok('pid' in instance);
      assert.throws(() => process.kill(instance.pid, 0), hasCode('ESRCH'));
    }
  });

  it('starts one that is to run on demand, to show that it can', async () => {
    const world = createWorld();
    await world.deploy(world.createRelease({id: 'a1'}), {scale: 0});
    assert.deepEqual(await world.answers(), ['a1']);
  });

  it('takes a release with nothing to run as it is', async () => {
    const world = createWorld();
    await world.deploy(world.createRelease({id: 'a1'}));
    await world.deploy(world.createRelease({id: 'b2', process: null}));
    assert.deepEqual(world.steps, ['prepare', 'switch', 'drain', 'finalize']);
    assert.equal(world.serving.release?.id, 'b20000000000');
    assert.equal(world.drained.length, 1);
  });

  it('runs the release command first, and only where there is one', async () => {
    const world = createWorld();
    const commands: string[] = [];
    const runReleaseCommand = async ({manifest}: {manifest: {releaseCommand: string | null}}): Promise<void> =>
      void commands.push(manifest.releaseCommand ?? 'none');
    await world.deploy(world.createRelease({id: 'a1', releaseCommand: 'migrate'}), {runReleaseCommand});
    assert.deepEqual(world.steps.slice(0, 3), ['prepare', 'release-command', 'start']);
    await world.deploy(world.createRelease({id: 'b2'}), {runReleaseCommand});
    assert.deepEqual(commands, ['migrate']);
  });

  it('asks the health check of the contract with the token, and believes only who repeats it', async () => {
    const world = createWorld();
    const speaks = {ready: 'fd', health: {type: 'status'}} as const;
    await world.deploy(world.createRelease({id: 'a1', process: speaks, variables: {SPEAKS: 'fd'}}));
    assert.deepEqual(await world.answers(), ['a1']);
  });
});

describe('a release that does not come up', () => {
  const quick = {readyTimeoutMs: 600};
  const SOON = {intervalMs: 20, timeoutMs: 5_000, windowMs: 500};
  const failures = {
    'exits at once': {
      source: 'console.error("no database"); process.exit(3)',
      code: 'APP_EXITED_EARLY',
      says: /exited with code 3/,
    },
    'never listens': {source: 'setInterval(() => {}, 1000)', process: quick, code: 'APP_NOT_READY', says: /./},
    'dies after it listened': {
      more: 'setTimeout(() => process.exit(7), 250)',
      process: {stabilityMs: 1_500},
      code: 'RELEASE_UNSTABLE',
      says: /ended within 1\.5 s with code 7/,
    },
    'dies before it is healthy': {
      more: 'setTimeout(() => process.exit(8), 250)',
      process: {health: {type: 'http', path: '/down'} as const},
      code: 'RELEASE_UNSTABLE',
      says: /ended before it was healthy with code 8/,
    },
    'listens and says that it is down': {
      process: {health: {type: 'http', path: '/down'} as const, healthTimings: SOON},
      code: 'RELEASE_UNHEALTHY',
      says: /listens on port \d+.*GET \/down.*did not succeed within 0\.5 s: answered 500/,
    },
    'takes too long to answer': {
      more: `server.removeAllListeners('request').on('request', () => {});`,
      process: {health: {type: 'http', path: '/'} as const, healthTimings: {...SOON, timeoutMs: 100}},
      code: 'RELEASE_UNHEALTHY',
      says: /GET \/\) .*within 0\.5 s: did not answer in time/,
    },
    'is well at first and then is not': {
      more: `const since = Date.now();
server.prependListener('request', (request, response) => {
  if (Date.now() - since > 500) response.writeHead(503).end();
});`,
      process: {health: {type: 'http', path: '/'} as const, stabilityMs: 1_500},
      code: 'RELEASE_UNHEALTHY',
      says: /did not succeed again after 1\.5 s: answered 503/,
    },
    'is another program that has its port': {
      process: {health: {type: 'status'} as const, healthTimings: SOON},
      code: 'RELEASE_UNHEALTHY',
      says: /another token/,
    },
  };

  for (const [what, {code, says, ...given}] of Object.entries(failures)) {
    it(`as it ${what}: the one before serves on, and nothing of it is left`, async () => {
      const world = createWorld();
      await world.deploy(world.createRelease({id: 'a1'}));
      const before = world.serving.set?.instances();
      const {more, source, process: program} = given as {more?: string; source?: string; process?: object};
      const text = source ?? world.server('b2', more);
      const release = world.createRelease({id: 'b2', source: text, ...(program && {process: program})});
      const failure = await world.deploy(release).then(
        () => undefined,
        error => error,
      );
      assert.ok(failure instanceof TakoError, String(failure));
      assert.equal(failure.code, code);
      assert.match([failure.message, ...failure.details].join('\n'), says);
      assert.deepEqual(await world.answers(), ['a1']);
      assert.deepEqual(world.serving.set?.instances(), before, 'the same process');
      assert.equal(world.supervisor.instance('shop/production@b20000000000#1').state, 'stopped');
    });
  }

  it('by its release command is not started at all', async () => {
    const world = createWorld();
    const refused = new TakoError('RELEASE_COMMAND_FAILED', 'the release command ended with exit code 1');
    const release = world.createRelease({id: 'a1', releaseCommand: 'false'});
    await assert.rejects(world.deploy(release, {runReleaseCommand: () => Promise.reject(refused)}), refused);
    assert.deepEqual(world.steps, ['prepare', 'release-command']);
    assert.equal(world.serving.release, undefined);
  });

  it('before it was cancelled is ended', async () => {
    const world = createWorld();
    const cancelling = new AbortController();
    const release = world.createRelease({id: 'a1', source: 'setInterval(() => {}, 1000)'});
    const deploying = world.deploy(release, {signal: cancelling.signal});
    const reason = new TakoError('DEPLOY_CANCELLED', 'the deploy was cancelled');
    setTimeout(() => cancelling.abort(reason), 200);
    await assert.rejects(deploying, reason);
    assert.equal(world.supervisor.instance('shop/production@a10000000000#1').state, 'stopped');
  });
});

describe('a release that wants the port of the one before', () => {
  it('follows it when that has gone, and requests wait meanwhile', async () => {
    const world = createWorld();
    const port = await freePort();
    await world.deploy(world.createRelease({id: 'a1', process: {port}}));
    await world.deploy(world.createRelease({id: 'b2', process: {port}}));
    assert.equal(world.serving.gaps, 1);
    assert.deepEqual(await world.answers(), ['b2']);
  });

  it('has it started again when it does not come up itself', async () => {
    const world = createWorld();
    const port = await freePort();
    await world.deploy(world.createRelease({id: 'a1', process: {port}}));
    const broken = world.createRelease({id: 'b2', source: 'process.exit(1)', process: {port}});
    await assert.rejects(world.deploy(broken), hasCode('APP_EXITED_EARLY'));
    assert.deepEqual(await world.answers(), ['a1']);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as {port: number};
  server.close();
  await once(server, 'close');
  return port;
}
