import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import {connectControl} from '../../src/control/client.js';
import type {AppStatus} from '../../src/control/events.js';
import type {Registration} from '../../src/control/protocol.js';
import {socketPathFor} from '../../src/control/socket-path.js';
import {registrationOf} from '../devproxy/support.js';
import {createTako, type Tako, untilGone} from '../helpers/tako.js';
import {cli, errorOf, type Running, start, talkingProject} from './support.js';
import {workspaceOfTwo} from './workspace-support.js';

// `tako logs` of apps on this machine, each test with a home of its own.

function newTako(): Tako {
  const tako = createTako();
  onTestFinished(() => tako.close());
  return tako;
}

/** Registers an app and starts it; the daemon is started by `tako ensure` of another one, if there is none. */
async function run(tako: Tako, name: string, script: string, more: Partial<Registration> = {}): Promise<AppStatus> {
  await startDaemon(tako);
  const client = await connectControl(socketPathFor(tako.home));
  const command = ['sh', '-c', `${script}; echo 4000 >&4; exec sleep 600`];
  try {
    await client.call('register', {registration: registrationOf(name, {command, ...more})});
    return await client.call('start', {name});
  } finally {
    client.close();
  }
}

/** A daemon runs for as long as it has apps: one that says nothing keeps it. */
async function startDaemon(tako: Tako): Promise<void> {
  if ((await tako.status()).daemon) return;
  const {directory} = talkingProject('silent', ['sh', '-c', 'echo 4000 >&4; exec sleep 600']);
  assert.equal((await tako.run(['ensure'], {cwd: directory})).code, 0);
}

const follow = (tako: Tako, ...args: readonly string[]): Running =>
  start(cli('logs', '-f', ...args), {env: {...process.env, TAKO_HOME: tako.home, NO_COLOR: '1'}});

const killDaemon = async (tako: Tako): Promise<void> => {
  const pid = (await tako.status()).daemon?.pid ?? 0;
  process.kill(pid, 'SIGKILL');
  await untilGone(pid);
};

/** What the apps said themselves, without the time. */
const saidIn = (stdout: string): string[] =>
  stdout
    .split('\n')
    .filter(line => line !== '' && !line.includes('tako | '))
    .map(line => line.replace(/^\d\d:\d\d:\d\d /, ''));

describe('tako logs', () => {
  it('finds lines by a pattern, a level, a process and a time', async () => {
    const tako = newTako();
    const {pid} = await run(
      tako,
      'web',
      'echo "INFO Listening"; echo "WARN slow"; echo "Error: x"; echo "    at y"; echo plain',
    );
    const said = async (...args: string[]): Promise<string[]> => {
      const {code, stdout, stderr} = await tako.run(['logs', 'web', ...args]);
      assert.deepEqual([code, stderr], [0, '']);
      return saidIn(stdout);
    };
    assert.deepEqual(await said('--level', 'warning'), ['WARN slow', 'Error: x', '    at y']);
    assert.deepEqual(await said('--level', 'err'), ['Error: x', '    at y']);
    assert.deepEqual(await said('--grep', 'listening|plain'), ['INFO Listening', 'plain']);
    assert.deepEqual(await said('--grep', 'LISTENING'), []);
    assert.deepEqual(await said('--grep', '^\\S', '-n', '2', '--instance', String(pid)), ['plain']);
    assert.deepEqual(await said('--instance', '1'), []);
    assert.equal((await said('--since', '1h')).length, 5);
  });

  it('refuses what it cannot read, and says how it is written', async () => {
    const tako = newTako();
    for (const [flag, text, code] of [
      ['--since', 'yesterday', 'BAD_DURATION'],
      ['--level', 'loud', 'BAD_LEVEL'],
      ['--grep', '(', 'BAD_PATTERN'],
    ] as const) {
      const result = await tako.run(['logs', 'web', flag, text, '--json']);
      assert.deepEqual([result.code, errorOf(result).code], [2, code]);
      assert.ok(errorOf(result).hint);
    }
  });

  it('shows several apps in the order of time, with their names', async () => {
    const tako = newTako();
    await run(tako, 'one', 'echo first');
    await run(tako, 'two', 'echo second');
    const named = await tako.run(['logs', 'one', 'two']);
    assert.deepEqual(saidIn(named.stdout), ['one | first', 'two | second']);
    const {stdout} = await tako.run(['logs', '--all', '--grep', 'first|second', '-n', '1', '--json']);
    const {app, text} = JSON.parse(stdout);
    assert.deepEqual([app, text], ['two', 'second']);
  });

  it('has what an app said after it has gone, and without a daemon', async () => {
    const tako = newTako();
    await run(tako, 'gone', 'echo "last words"');
    await tako.run(['stop', 'gone']);
    assert.deepEqual(saidIn((await tako.run(['logs', 'gone'])).stdout), ['last words']);
    await tako.run(['stop', '--all']);
    assert.equal((await tako.status()).daemon, null);
    assert.deepEqual(saidIn((await tako.run(['logs', 'gone'])).stdout), ['last words']);
    const unknown = await tako.run(['logs', 'never', '--json']);
    assert.deepEqual([unknown.code, errorOf(unknown).code], [1, 'NO_LOG']);
    assert.match(errorOf(unknown).hint ?? '', /there are logs of: gone/);
  });

  it('goes on with -f over the end of a daemon that is killed, without a gap and without a line twice', async () => {
    const tako = newTako();
    const count = 'n=0; while [ $n -lt 40 ]; do n=$((n+1)); echo "$TAKO_RUN $n"; sleep 0.02; done';
    await run(tako, 'web', 'echo begin', {command: ['sh', '-c', `echo 4000 >&4; ${count}; exec sleep 600`]});
    const following = follow(tako, 'web', '--json');
    await following.until('"text":" 30"');
    await killDaemon(tako);
    await startDaemon(tako);
    const client = await connectControl(socketPathFor(tako.home));
    const {pid} = await client.call('start', {name: 'web'});
    client.close();
    await following.until(`"text":" 40","instance":"${pid}"`);
    await tako.run(['stop', 'web']);
    const {code, stdout} = await following.ended;
    assert.equal(code, 0);
    const documents = stdout
      .split('\n')
      .filter(line => line !== '')
      .map(line => JSON.parse(line) as {id: number; text: string; instance: string});
    const ids = documents.map(({id}) => id);
    assert.deepEqual(
      ids,
      [...new Set(ids)].toSorted((a, b) => a - b),
    );
    // What reached the disk before the daemon was killed comes, and all of the second process.
    const runs = Map.groupBy(
      documents.filter(({text}) => /^ \d+$/.test(text)),
      ({instance}) => instance,
    );
    assert.equal(runs.size, 2);
    for (const said of runs.values()) {
      assert.deepEqual(
        said.map(({text}) => text),
        said.map((_, index) => ` ${index + 1}`),
      );
    }
    assert.equal([...runs.values()].at(-1)?.length, 40);
  });

  it('with -f waits for an app and a daemon that are not there yet', async () => {
    const tako = newTako();
    await run(tako, 'web', 'echo before');
    await tako.run(['stop', '--all']);
    const following = follow(tako, 'web');
    await following.until('before');
    await run(tako, 'web', 'echo after');
    await following.until('after');
    assert.match(following.output(), /the daemon does not run/);
  });

  it('at the root of a workspace is about all of its apps', async () => {
    const tako = newTako();
    const {directory} = workspaceOfTwo();
    assert.equal((await tako.run(['ensure'], {cwd: directory})).code, 0);
    const {stdout} = await tako.run(['logs', '--grep', 'listens as'], {cwd: directory});
    assert.deepEqual(saidIn(stdout).toSorted(), ['api | listens as api', 'web | listens as web']);
  });
});

describe('tako dev', () => {
  it('shows no line twice when another daemon takes the place of one that was killed', async () => {
    const tako = newTako();
    const dev = tako.dev(talkingProject('web').directory);
    const {pid} = await dev.ready();
    await killDaemon(tako);
    // The last word of the next process: what it said before has come by then, be it live or from the disk.
    await dev.until(
      event => event.type === 'log' && / is ready on port /.test(event.line.text) && event.line.instance !== `${pid}`,
    );
    const ids = dev.events.flatMap(event => (event.type === 'log' ? [event.line.id] : []));
    assert.deepEqual(
      ids,
      [...new Set(ids)].toSorted((a, b) => a - b),
    );
  });
});
