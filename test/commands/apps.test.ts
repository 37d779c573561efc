import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {connectControl} from '../../src/control/client.js';
import type {AppStatus} from '../../src/control/events.js';
import type {Registration} from '../../src/control/protocol.js';
import {socketPathFor} from '../../src/control/socket-path.js';
import {registrationOf} from '../devproxy/support.js';
import {findApp, shareTako} from '../helpers/shared-tako.js';
import {untilGone} from '../helpers/tako.js';
import {cli, documentOf, errorOf, start, TALKER, talkingProject} from './support.js';

// Commands about apps that are registered, with one daemon for all of them.

const tako = shareTako();

/** Registers an app with the daemon and starts it. */
async function register(name: string, more: Partial<Registration> = {}): Promise<AppStatus> {
  const client = await connectControl(socketPathFor(tako.home));
  try {
    await client.call('register', {registration: registrationOf(name, {command: TALKER, ...more})});
    return await client.call('start', {name});
  } finally {
    client.close();
  }
}

/** Registers and starts the app of a project folder, which is then found from there. */
async function registerProject(name: string): Promise<{directory: string; status: AppStatus}> {
  const {directory} = talkingProject(name);
  return {directory, status: await register(name, {directory, configFile: path.join(directory, 'tako.toml')})};
}

const find = (name: string): Promise<AppStatus | undefined> => findApp(tako, name);

/** Resolves once a command follows the app. */
async function untilFollowed(name: string): Promise<void> {
  while ((await find(name))?.clients === 0);
}

const textOf = (stdout: string): string[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map(line => line.replace(/^\d\d:\d\d:\d\d /, ''));

describe('list and status', () => {
  it('show every app in a row, and status the daemon above them', async () => {
    const {url, pid} = await register('listed');
    const list = await tako.run(['dev', 'list']);
    assert.deepEqual([list.code, list.stderr], [0, '']);
    assert.match(list.stdout, /^NAME +STATE +URL/);
    assert.match(list.stdout, new RegExp(`^listed +ready +${url} +${pid} `, 'm'));
    const status = await tako.run(['status']);
    assert.match(
      status.stdout,
      /^daemon \d+\.\d+\.\d+, pid \d+: https \d+, http \d+, dns \d+, home .+\npage https:\/\/tako\.test:\d+\nNAME /,
    );
  });

  it('print what the daemon says, as JSON', async () => {
    await register('listed');
    const {daemon, apps} = await tako.status();
    assert.deepEqual(documentOf(await tako.run(['dev', 'list', '--json'])), {ok: true, apps});
    assert.deepEqual(documentOf(await tako.run(['status', '--json'])), {ok: true, daemon, apps});
  });
});

describe('logs', () => {
  it('prints the last lines that are asked for, with the time', async () => {
    await register('talker');
    const {code, stdout, stderr} = await tako.run(['logs', 'talker', '-n', '4']);
    assert.deepEqual([code, stderr], [0, '']);
    const lines = textOf(stdout);
    assert.equal(lines.length, 4);
    assert.deepEqual(lines.slice(0, 3), ['line 1', 'line 2', 'line 3']);
    assert.match(stdout, /^\d\d:\d\d:\d\d line 1\n/);
  });

  it('prints nothing when no lines are asked for', async () => {
    await register('talker');
    assert.deepEqual(await tako.run(['logs', 'talker', '-n', '0']), {code: 0, stdout: '', stderr: ''});
  });

  it('prints one JSON document per line', async () => {
    await register('talker');
    const {stdout} = await tako.run(['logs', 'talker', '--json']);
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line));
    for (const line of lines)
      assert.deepEqual([line.app, typeof line.id, typeof line.time], ['talker', 'number', 'number']);
    const own = lines.filter(({stream}) => stream === 'stdout').map(({text}) => text);
    assert.deepEqual(own.slice(-3), ['line 1', 'line 2', 'line 3']);
  });

  it('is about the app of the folder it is run in', async () => {
    const {directory} = await registerProject('of-folder');
    assert.match((await tako.run(['logs'], {cwd: directory})).stdout, / line 1\n/);
  });

  it('leaves out colours where there is no terminal', async () => {
    await register('colourful', {command: ['sh', '-c', 'printf "\\033[31mred\\033[0m\\n"; echo 4000 >&4; sleep 600']});
    assert.match((await tako.run(['logs', 'colourful'])).stdout, / red\n/);
  });

  it('with -f goes on until the app is removed', async () => {
    await register('followed');
    const following = tako.run(['logs', 'followed', '-f', '-n', '2', '--json']);
    await untilFollowed('followed');
    await tako.run(['stop', 'followed']);
    const {code, stdout, stderr} = await following;
    assert.deepEqual([code, stderr], [0, '']);
    assert.match(stdout, /"text":"line 3"/);
    assert.doesNotMatch(stdout, /"text":"line 1"/);
  });

  it('with -f prints what an app says that was silent before', async () => {
    await register('silent', {command: ['sh', '-c', 'echo 4000 >&4; exec sleep 600']});
    const {until} = start(cli('logs', 'silent', '-f', '-n', '0'), {env: {...process.env, TAKO_HOME: tako.home}});
    await untilFollowed('silent');
    await tako.run(['restart', 'silent']);
    await until('is ready on port 4000');
  });

  it.each([[[]], [['-f']]])('with %j ends quietly when its reader has enough', async flags => {
    const line = 'x'.repeat(200);
    await register('chatty', {command: ['sh', '-c', `yes ${line} | head -2000; echo 4000 >&4; exec sleep 600`]});
    const command = cli('logs', 'chatty', '-n', '1500', ...flags).join(' ');
    const env = {...process.env, TAKO_HOME: tako.home};
    const {code, stdout, stderr} = await start(['bash', '-o', 'pipefail', '-c', `${command} | head -1`], {env}).ended;
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(textOf(stdout), [line]);
  });
});

describe('restart', () => {
  it('by name and by folder gives the app another process, and waits for it', async () => {
    const {directory, status} = await registerProject('anew');
    const byName = await tako.run(['restart', 'anew']);
    assert.deepEqual([byName.code, byName.stdout], [0, '']);
    const second = await find('anew');
    assert.equal(byName.stderr, `anew is ready: pid ${second?.pid}, ${status.url}\n`);
    assert.notEqual(second?.pid, status.pid);
    const {app} = documentOf(await tako.run(['restart', '--json'], {cwd: directory})) as {app: AppStatus};
    assert.equal(app.state, 'ready');
    assert.notEqual(app.pid, second?.pid);
  });

  it('of an app that does not start any more fails with its last lines', async () => {
    const flag = path.join(talkingProject('flagged').directory, 'started');
    const program = `test -e ${flag} && { echo no database >&2; exit 3; }; touch ${flag}; echo 4000 >&4; exec sleep 600`;
    await register('fails', {command: ['sh', '-c', program]});
    const result = await tako.run(['restart', 'fails', '--json']);
    assert.equal(result.code, 1);
    const {code, details} = errorOf(result);
    assert.deepEqual([code, details], ['APP_EXITED_EARLY', ['no database']]);
  });
});

describe('stop', () => {
  it('by name and by folder ends the app and forgets it', async () => {
    await register('by-name');
    assert.deepEqual(await tako.run(['dev', 'stop', 'by-name']), {code: 0, stdout: '', stderr: 'by-name stopped\n'});
    assert.equal(await find('by-name'), undefined);
    const {directory} = await registerProject('by-folder');
    const result = await tako.run(['stop', '--json'], {cwd: directory});
    assert.deepEqual(documentOf(result), {ok: true, stopped: ['by-folder']});
    assert.equal(await find('by-folder'), undefined);
  });

  it('finds an app that is registered under another name than its own', async () => {
    const {directory} = talkingProject('taken');
    await register('taken-other', {directory, configFile: path.join(directory, 'tako.toml')});
    assert.equal((await tako.run(['stop'], {cwd: directory})).stderr, 'taken-other stopped\n');
  });

  it.each([['stop'], ['restart'], ['logs']])('and others: %s of an unknown app names the known', async command => {
    await register('known');
    const {code, stdout, stderr} = await tako.run([command, 'nobody']);
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /^error: no app is registered as nobody \[NO_SUCH_APP\]\n {2}registered: .*known/);
    assert.equal(errorOf(await tako.run([command, 'nobody', '--json'])).code, 'NO_SUCH_APP');
  });

  it('from several terminals at once is no error', async () => {
    await Promise.all(['a', 'b', 'c'].map(name => register(name)));
    const {daemon} = await tako.status();
    const results = await Promise.all([tako.run(['stop', '--all']), tako.run(['stop', '--all'])]);
    assert.deepEqual(
      results.map(({code}) => code),
      [0, 0],
    );
    await untilGone(daemon?.pid ?? 0);
    assert.equal((await tako.status()).daemon, null);
  });
});
