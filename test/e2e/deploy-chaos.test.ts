import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';
import {request} from 'node:https';
import path from 'node:path';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, it, onTestFailed} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {createRandom, type Random} from '../helpers/random.js';
import {scaled} from '../helpers/soak.js';
import {requires} from '../helpers/system-parts.js';
import {FAULTS, type Fault, strike} from '../helpers/vps/faults.js';
import {installServerView, readServerView, type ServerView} from '../helpers/vps/server-view.js';
import {startVps, VPS_PARTS, type Vps} from '../helpers/vps/vps.js';
import {createWorkplace, type Workplace} from '../helpers/vps/workplace.js';

// kill -9 of anything and loss of power at any moment of a deploy, a rollback, a scale or a reload. Each seed begins where
// the one before ended, on the same server, so that what is left of one is in the way of the next.

const SEEDS = Number(process.env.TAKO_CHAOS_COUNT ?? scaled(5, 200));
/** To see one again: the seed that a failure names, and how many from there on. */
const FIRST_SEED = Number(process.env.TAKO_CHAOS_SEED ?? 1);

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');
const HOST = 'shop.example.com';
const INSTALL_TIMEOUT_MS = 300_000;
/** Against hanging: a seed takes some seconds on a machine that does nothing else. */
const SEED_TIMEOUT_MS = 180_000;
/** No command may take longer, whatever is done to it. */
const COMMAND_TIMEOUT_MS = 90_000;

/** About what a rollout takes, from its first step on. */
const ROLLOUT_MS = 1_500;
/** For a server to be as it should, whatever has happened to it: it may boot, and wait between attempts. */
const WELL_WITHIN_MS = 60_000;
const LOOK_MS = 200;

const SERVER = `import {readFileSync, writeSync, closeSync} from 'node:fs';
import {createServer} from 'node:http';
const version = readFileSync(new URL('version.txt', import.meta.url), 'utf8');
const answer = JSON.stringify({version, release: process.env.TAKO_BUILD});
const server = createServer((_, response) => response.end(answer));
server.listen(Number(process.env.PORT), '127.0.0.1', () => {
  writeSync(4, server.address().port + '\\n');
  closeSync(4);
});
process.on('SIGTERM', () => process.exit(0));
`;
const CONFIG = `name = "shop"
start = ["node", "server.mjs"]
ready = "fd"
grace_period = "1s"

[envs.production]
route = "${HOST}"
servers = ["one"]
stability = 0
health = "tcp"
`;

type Started = {
  readonly child: ChildProcess;
  readonly ended: Promise<{readonly code: number | null; readonly output: string}>;
  /** Resolves when it has printed the text, or has ended. */
  readonly says: (text: string) => Promise<void>;
};

type Action =
  | {readonly type: 'deploy'; readonly version: string}
  | {readonly type: 'rollback'}
  | {readonly type: 'scale'; readonly instances: number}
  | {readonly type: 'reload'}
  | {readonly type: 'restart'};

describe.skipIf(requires(...VPS_PARTS))('kill -9 and loss of power at any moment of a deploy', () => {
  let vps: Vps;
  let place: Workplace;
  let project: string;
  /** What each release that was seen answers with. */
  const versions = new Map<string, string>();
  /** How long each kind of action takes when nothing happens to it, in milliseconds: faults come within that. */
  const usual = new Map<Action['type'], number>();
  let scale = 1;

  beforeAll(async () => {
    vps = await startVps({name: 'one'});
    place = createWorkplace([vps], {TAKO_SSH_OPTIONS: '-o ServerAliveInterval=1'});
    const files = {'server.mjs': SERVER, 'tako.toml': CONFIG, 'package.json': '{"name": "shop", "type": "module"}\n'};
    project = place.project('shop', files);
    await succeed('servers', 'add', 'root@one', '--yes');
    await installServerView(vps);
    for (const version of ['first', 'second']) await deployClean(version);
  }, INSTALL_TIMEOUT_MS);

  afterAll(async () => {
    await vps?.close();
    place?.close();
  }, INSTALL_TIMEOUT_MS);

  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    it(`leaves one release that serves, and loses nothing, with seed ${seed}`, {timeout: SEED_TIMEOUT_MS}, async () => {
      onTestFailed(async () => console.log((await vps.run('tail -n 40 /opt/tako/service/tako.log')).stdout));
      const random = createRandom(seed);
      const action = chooseAction(random, seed);
      const faults = [choose(random, FAULTS), ...(random.below(3) === 0 ? [choose(random, FAULTS)] : [])];
      const when = `seed ${seed}: ${JSON.stringify(action)} with kills of ${faults.join(', ')}`;
      const before = await readServerView(vps);
      const outcome = await disturb(action, faults, random, when);
      const after = await untilWell(when, before, action, outcome);
      await deployClean(`after-${seed}`);
      await untilTrue(async () => assertTidy(await readServerView(vps), after, when));
    });
  }

  const write = (file: string, text: string): void => writeFileSync(path.join(project, file), text);

  function start(...args: string[]): Started {
    const child = spawn(process.execPath, [CLI, ...args], {
      cwd: project,
      env: place.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', chunk => {
        output += chunk;
      });
    }
    const late = setTimeout(() => child.kill('SIGABRT'), COMMAND_TIMEOUT_MS);
    const ended = once(child, 'close').then(([code]) => {
      clearTimeout(late);
      assert.notEqual(child.signalCode, 'SIGABRT', `tako ${args.join(' ')} hangs: ${output}`);
      return {code, output};
    });
    const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
    return {child, ended, says: text => eventually(() => assert.ok(output.includes(text) || isOver()))};
  }

  async function succeed(...args: string[]): Promise<string> {
    const {code, output} = await start(...args).ended;
    assert.equal(code, 0, `tako ${args.join(' ')}: ${output}`);
    return output;
  }

  async function deployClean(version: string): Promise<void> {
    write('version.txt', version);
    const begun = Date.now();
    await succeed('deploy', '--yes', '--json');
    usual.set('deploy', Date.now() - begun);
    assert.equal((await get()).version, version);
  }

  /** Does it, with the faults in the time that it takes. Resolves with the command's exit code; null: it was killed. */
  async function disturb(
    action: Action,
    faults: readonly Fault[],
    random: Random,
    when: string,
  ): Promise<number | null> {
    const begun = Date.now();
    if (action.type === 'deploy') write('version.txt', action.version);
    const {child, ended, says} = start(...commandOf(action));
    ended.catch(() => undefined);
    // Half of the deploys are let come to their rollout, which is the shorter part and the one with more to break.
    const isLate = action.type === 'deploy' && random.below(2) === 0;
    if (isLate) await says('job-started').catch(() => undefined);
    const span = isLate ? ROLLOUT_MS : (usual.get(action.type) ?? 1_500);
    for (const fault of faults) {
      await delay(random.below(span));
      await strike(fault, vps, child, random);
    }
    const {code, output} = await ended;
    if (process.env.TAKO_CHAOS_LOUD) console.log(when, Date.now() - begun, code, output.slice(-300));
    return code;
  }

  /** The invariants that hold by themselves, some time after whatever happened. */
  async function untilWell(when: string, before: ServerView, action: Action, code: number | null): Promise<ServerView> {
    return untilTrue(async () => {
      const view = await readServerView(vps);
      const current = assertOneRelease(view, when);
      assertNothingLost(view, before, when);
      assertOutcome(action, code, before, current, when);
      const wanted = view.deployments[0]?.scale ?? -1;
      assertScale(action, code, wanted, when);
      const {release, version} = await get();
      assert.equal(release, current, `${when}: another release serves than the state says`);
      assert.equal(version, versions.get(release) ?? version, `${when}: its content is another's`);
      versions.set(release, version);
      if (action.type === 'deploy' && current !== currentOf(before)) assert.equal(version, action.version, when);
      assertProcesses(view, current, wanted, when);
      scale = wanted;
      return view;
    });
  }

  function assertScale(action: Action, code: number | null, wanted: number, when: string): void {
    const target = action.type === 'scale' ? action.instances : scale;
    const allowed = code === 0 ? [target] : [scale, target];
    assert.ok(allowed.includes(wanted), `${when}: the scale is ${wanted}, and was to be ${allowed}`);
  }

  function assertTidy(view: ServerView, before: ServerView, when: string): void {
    const current = assertOneRelease(view, when);
    assert.deepEqual(view.leftovers, [], `${when}: left behind`);
    assertNothingLost(view, before, when);
    assertProcesses(view, current, scale, when);
    const serving = view.releases.filter(({state}) => state === 'current' || state === 'superseded').slice(0, 2);
    for (const {id} of serving) assert.ok(view.whole.includes(id), `${when}: release ${id} is not on the disk`);
    const unknown = view.whole.filter(id => !view.releases.some(release => release.id === id));
    assert.deepEqual(unknown, [], `${when}: releases on the disk that nobody knows`);
  }

  function get(): Promise<{readonly release: string; readonly version: string}> {
    return new Promise((resolve, reject) => {
      const {address} = vps;
      const options = {host: address, servername: HOST, headers: {host: HOST}, rejectUnauthorized: false, agent: false};
      const sent = request({...options, timeout: 20_000}, async response => {
        const body = Buffer.concat(await response.toArray()).toString();
        if (response.statusCode === 200) resolve(JSON.parse(body));
        else reject(new Error(`${response.statusCode}: ${body}`));
      });
      sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer')));
      sent.end();
    });
  }
});

function chooseAction(random: Random, seed: number): Action {
  const dice = random.below(10);
  if (dice < 5) return {type: 'deploy', version: `seed-${seed}`};
  if (dice < 7) return {type: 'rollback'};
  if (dice === 7) return {type: 'scale', instances: random.below(4)};
  return {type: dice === 8 ? 'reload' : 'restart'};
}

function commandOf(action: Action): readonly string[] {
  switch (action.type) {
    case 'deploy':
      return ['deploy', '--yes', '--json'];
    case 'rollback':
      return ['rollback', '--json'];
    case 'scale':
      return ['scale', String(action.instances), '--json'];
    case 'reload':
      return ['servers', 'reload', 'one', '--json'];
    case 'restart':
      return ['restart', '--env', 'production', '--json'];
  }
}

/** Looks again and again, as long as a server may take. */
async function untilTrue<T>(check: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + WELL_WITHIN_MS;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await delay(LOOK_MS);
  }
}

const choose = <T>(random: Random, items: readonly T[]): T => items[random.below(items.length)] as T;

const currentOf = ({releases}: ServerView): string | undefined => releases.find(({state}) => state === 'current')?.id;

/** The id of the one that serves. */
function assertOneRelease(view: ServerView, when: string): string {
  assert.deepEqual(view.jobs, [], `${when}: a job is stuck`);
  const current = view.releases.filter(({state}) => state === 'current');
  assert.equal(current.length, 1, `${when}: ${JSON.stringify(view.releases)}`);
  const pending = view.releases.filter(({state}) => state === 'prepared');
  assert.deepEqual(pending, [], `${when}: releases that nobody deploys any more`);
  return current[0]?.id ?? '';
}

function assertNothingLost(view: ServerView, before: ServerView, when: string): void {
  assert.deepEqual(view.routes, [{host: HOST, path: '/', app: 'shop'}], `${when}: routes`);
  assert.deepEqual(
    view.deployments.map(({app}) => app),
    ['shop'],
    `${when}: deployments`,
  );
  const served = before.releases.filter(({state}) => state === 'current' || state === 'superseded').slice(0, 5);
  for (const {id} of served) {
    assert.ok(
      view.releases.some(release => release.id === id),
      `${when}: release ${id} is forgotten`,
    );
  }
}

/** What a command says that it has done is done; of one that failed nobody knows. */
function assertOutcome(action: Action, code: number | null, before: ServerView, current: string, when: string): void {
  const was = currentOf(before);
  const previous = before.releases.filter(({state}) => state === 'superseded').map(({id}) => id);
  if (action.type === 'deploy') {
    if (code === 0) assert.notEqual(current, was, `${when}: the deploy that succeeded does not serve`);
    else assert.ok(!previous.includes(current), `${when}: an older release serves`);
  } else if (action.type === 'rollback') {
    if (code === 0) assert.notEqual(current, was, `${when}: the rollback that succeeded does not serve`);
    assert.ok(current === was || previous.includes(current), `${when}: a release serves that nobody wanted`);
  } else assert.equal(current, was, `${when}: another release serves`);
}

function assertProcesses(view: ServerView, current: string, scale: number, when: string): void {
  assert.deepEqual([view.holders.length, view.servers.length], [1, 1], `${when}: holders and servers`);
  assert.deepEqual(view.connections, [], `${when}: connections of laptops that have gone`);
  const strangers = view.apps.filter(({release}) => release !== current);
  assert.deepEqual(strangers, [], `${when}: processes of another release than ${current}`);
  // On demand, the request just made has started one.
  assert.equal(view.apps.length, Math.max(scale, 1), `${when}: processes`);
  assert.equal(view.groups.length, view.apps.length, `${when}: control groups ${view.groups}`);
}
