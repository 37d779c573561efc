import assert from 'node:assert/strict';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {Handlers} from '../../src/control/method.js';
import type {DaemonInfo, Methods} from '../../src/control/protocol.js';
import {startControlServer} from '../../src/control/server.js';
import {socketPathFor} from '../../src/control/socket-path.js';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {shareCompiledCode} from '../helpers/compiled-code.js';
import {environmentOf, findApp, shareTako} from '../helpers/shared-tako.js';
import {cli, errorOf, start, talkingProject, temporaryFolder} from './support.js';

// What `tako dev` itself does; what it starts is tested in test/e2e.

const tako = shareTako();

const isRegistered = async (name: string): Promise<boolean> => (await findApp(tako, name)) !== undefined;

describe('tako dev where there is no terminal', () => {
  it.each([[[]], [['--plain']]])(
    'with %j prints addresses and lines, and what becomes of the app on stderr',
    async flags => {
      const {directory} = talkingProject('talker');
      const dev = start(cli('dev', ...flags), {cwd: directory, env: environmentOf(tako)});
      await Promise.all([dev.until('line 3'), dev.until('talker is ready')]);
      dev.child.kill('SIGTERM');
      const {code, stdout, stderr} = await dev.ended;
      assert.equal(code, 0);
      assert.match(stdout, /^https:\/\/talker\.test:\d+$/m);
      assert.match(stdout, /^https:\/\/talker\.localhost:\d+$/m);
      assert.match(stdout, /^\d\d:\d\d:\d\d talker \| line 1$/m);
      assert.doesNotMatch(stdout, /stopped/);
      assert.match(stderr, /^talker stopped$/m);
      assert.equal(await isRegistered('talker'), false);
    },
  );

  it('with --json prints nothing that is not JSON, also at its end', async () => {
    const dev = tako.dev(talkingProject('talker').directory);
    await dev.ready();
    await dev.end('SIGTERM');
    assert.equal(dev.child.exitCode, 0);
    assert.ok(dev.events.some(event => event.type === 'log' && event.line.text === 'line 1'));
  });

  it('stops the app when its reader has enough', async () => {
    const {directory} = talkingProject('talker', ['sh', '-c', 'echo 4000 >&4; yes']);
    const command = `${cli('dev').join(' ')} | head -3`;
    const {code, stdout} = await start(['bash', '-o', 'pipefail', '-c', command], {
      cwd: directory,
      env: environmentOf(tako),
    }).ended;
    assert.deepEqual([code, stdout.trimEnd().split('\n').length], [0, 3]);
    assert.equal(await isRegistered('talker'), false);
  });
});

describe('tako dev', () => {
  it('refuses other ports than those of the running daemon, and says which these are', async () => {
    const {daemon} = await tako.status();
    const result = await tako.run(['dev', '--json', '--port', '1'], {cwd: talkingProject('talker').directory});
    assert.equal(result.code, 1);
    const {code, message} = errorOf(result);
    assert.equal(code, 'PORTS_DIFFER');
    assert.ok(message.includes(`ports ${daemon?.https.port}, ${daemon?.http.port} and ${daemon?.dnsPort}`), message);
    assert.equal(await isRegistered('talker'), false);
  });

  it('takes the ports of the running daemon when they are the same, or any', async () => {
    const {daemon} = await tako.status();
    const ports = ['--port', String(daemon?.https.port), '--http-port', '0'];
    const dev = tako.dev(talkingProject('talker').directory, ...ports);
    await dev.ready();
    await dev.end('SIGTERM');
  });

  it('prints an error as one line of JSON, as its events are', async () => {
    const {directory, write} = talkingProject('talker');
    write('tako.toml', 'name = "talker"\nwrong = 1\n');
    const result = await tako.run(['dev', '--json'], {cwd: directory});
    assert.equal(result.code, 1);
    assert.equal(errorOf(result).code, 'CONFIG_INVALID');
  });

  it('ends when it meets a daemon that only a newer tako can talk to', async () => {
    const home = temporaryFolder();
    const info: Partial<DaemonInfo> = {version: '99.0.0', protocol: 99};
    const server = await startControlServer({
      socketPath: socketPathFor(home),
      handlers: {hello: async () => info} as unknown as Handlers<Methods>,
      onBug: error => assert.fail(String(error)),
    });
    const result = await tako.run(['dev', '--json'], {
      cwd: talkingProject('talker').directory,
      env: {TAKO_HOME: home},
    });
    await server.close();
    assert.equal(result.code, 1);
    assert.equal(errorOf(result).code, 'DAEMON_NEWER');
  });

  it('ends when its app is stopped, also after its daemon was killed and started again', async () => {
    const dev = tako.dev(talkingProject('talker').directory);
    const {pid, url} = await dev.ready();
    process.kill((await tako.status()).daemon?.pid ?? 0, 'SIGKILL');
    const isAnew = (event: DevEvent) =>
      event.type === 'status' && event.status.state === 'ready' && event.status.pid !== pid && event.status;
    // Where it was before, so that an open page goes on.
    assert.equal((await dev.until(isAnew)).url, url);
    await tako.run(['stop', 'talker']);
    await dev.until(event => event.type === 'ended');
    if (dev.child.exitCode === null) await new Promise(resolve => dev.child.once('exit', resolve));
    assert.equal(dev.child.exitCode, 0);
  });
});

describe('a daemon that tako dev starts', () => {
  it('has the home of the terminal, also when that is relative, and the app its umask', async () => {
    const {directory} = talkingProject('masked', ['sh', '-c', 'echo mask $(umask); echo 4000 >&4; exec sleep 600']);
    const home = path.join(directory, 'home');
    const env = {...environmentOf(tako), TAKO_HOME: './home'};
    mkdirSync(home);
    writeFileSync(path.join(home, 'settings.toml'), 'port = 0\nhttp_port = 0\ndns_port = 0\n');
    shareCompiledCode(home);
    const dev = start(['sh', '-c', `umask 027; exec ${cli('dev').join(' ')}`], {cwd: directory, env});
    await dev.until('mask 0027');
    const {stdout} = await tako.run(['status', '--json'], {cwd: directory, env: {TAKO_HOME: './home'}});
    assert.equal(JSON.parse(stdout).daemon.home, home);
    await tako.run(['stop', '--all'], {cwd: directory, env: {TAKO_HOME: './home'}});
    assert.equal((await dev.ended).code, 0);
  });
});
