import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {Command} from 'commander';
import {afterEach, beforeAll, beforeEach, describe, it} from 'vitest';
import {addServersCommand} from '../../src/commands/servers.js';
import {openServerList, type ServerEntry} from '../../src/prod/remote/server-list.js';
import {checkJsonOutput} from '../helpers/json-output.js';
import {requires} from '../helpers/system-parts.js';
import {type Sshd, startSshd} from '../prod/remote/sshd.js';

const REPOSITORY = path.resolve(import.meta.dirname, '../..');

describe('tako servers', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'tako-servers-'));
    process.env.TAKO_HOME = home;
    process.exitCode = undefined;
  });
  afterEach(() => {
    delete process.env.TAKO_HOME;
    process.exitCode = undefined;
    rmSync(home, {recursive: true});
  });

  const entry = (name: string, more: Partial<ServerEntry> = {}): ServerEntry => ({
    ...{name, host: '127.0.0.1', user: 'root', port: 1, sshKey: undefined, sshOptions: []},
    root: '/opt/tako',
    platform: {os: 'linux', cpu: 'x64', libc: 'glibc'},
    ...more,
  });

  it('lists what is there, in order, without asking any of them', async () => {
    assert.deepEqual(await run('list', '--json'), {ok: true, servers: []});
    await openServerList(home).put(entry('b'));
    await openServerList(home).put(entry('a', {platform: {os: 'linux', cpu: 'arm64', libc: 'musl'}}));
    assert.match(await runText('ls'), /^b: root@127\.0\.0\.1:1, linux-x64, in \/opt\/tako\na: .*linux-arm64-musl/);
  });

  it('says that there are none, and which one is not there', async () => {
    await assert.rejects(run('status', '--json'), {code: 'NO_SERVERS'});
    await assert.rejects(run('status', 'web', '--json'), {code: 'SERVER_UNKNOWN'});
  });

  it('refuses names and addresses that are none before it connects', async () => {
    await assert.rejects(run('add', '-oProxyCommand=x', '--json'), {code: 'commander.unknownOption'});
    await assert.rejects(run('add', 'root@-x', '--json'), {code: 'SERVER_ADDRESS_INVALID'});
    await assert.rejects(run('add', 'root@web', '--name', 'a b', '--json'), {code: 'SERVER_NAME_INVALID'});
    await assert.rejects(run('add', 'root@web', '--root', 'here', '--json'), {code: 'ROOT_INVALID'});
    await assert.rejects(run('add', 'root@web', '--port', '0', '--json'), {code: 'tako.port'});
    await openServerList(home).put(entry('web'));
    await assert.rejects(run('add', 'root@other', '--name', 'web', '--json'), {code: 'SERVER_NAME_TAKEN'});
  });

  it.skipIf(requires('ssh'))('gives the status of each, and fails when one cannot be reached (needs ssh)', async () => {
    await openServerList(home).put(entry('web'));
    const {ok, servers} = (await run('status', '--json')) as {ok: boolean; servers: {error: {code: string}}[]};
    assert.deepEqual([ok, servers.map(({error}) => error.code)], [false, ['SSH_UNREACHABLE']]);
    assert.equal(process.exitCode, 1);
  });

  it.skipIf(requires('ssh'))('forgets a server that is gone (needs ssh)', async () => {
    await openServerList(home).put(entry('web'));
    await assert.rejects(run('remove', 'web', '--yes', '--json'), {code: 'SSH_UNREACHABLE'});
    await run('remove', 'web', '--forget', '--json');
    assert.deepEqual(await openServerList(home).load(), []);
  });

  describe.skipIf(requires('sshd', 'ssh', 'root'))('with a server (needs sshd)', () => {
    let sshd: Sshd;
    beforeAll(async () => {
      execFileSync(process.execPath, [path.join(REPOSITORY, 'scripts/build-server.mjs')]);
      sshd = await startSshd();
      process.env.TAKO_SSH_OPTIONS = sshd.target.sshOptions.join(' ');
      return async () => {
        delete process.env.TAKO_SSH_OPTIONS;
        await sshd.close();
      };
    });

    it('shows what it would do, and does nothing of it', async () => {
      const root = path.join(home, 'srv');
      const dry = ['add', 'test-server', '--dry-run', '--root', root, '--http-port', '18080', '--https-port', '18443'];
      const plan = (await run(...dry, '--json')) as {isDryRun: boolean; entry: ServerEntry; steps: {id: string}[]};
      assert.deepEqual([plan.isDryRun, plan.entry.name, plan.entry.root], [true, 'test-server', root]);
      const ids = plan.steps.map(({id}) => id);
      for (const id of ['settings', 'folders', 'runtime', 'program', 'launcher', 'current', 'start'])
        assert.ok(ids.includes(id));
      assert.equal(existsSync(root), false);
      assert.deepEqual(await openServerList(home).load(), []);
    });

    it('asks before it changes anything, and cannot where there is no terminal', async () => {
      const adding = run(
        'add',
        'test-server',
        '--root',
        path.join(home, 'srv'),
        '--http-port',
        '18080',
        '--https-port',
        '18443',
        '--json',
      );
      await assert.rejects(adding, {code: 'CONFIRMATION_NEEDED'});
    });

    it('names who has a port that is taken', async () => {
      const adding = run(
        'add',
        'test-server',
        '--root',
        path.join(home, 'srv'),
        '--http-port',
        String(sshd.port),
        '--json',
      );
      await assert.rejects(adding, ({code, details}: {code: string; details: string[]}) => {
        assert.equal(code, 'PORTS_TAKEN');
        assert.ok(
          details.some(line => line.startsWith('sshd (pid ') && line.endsWith(`has port ${sshd.port}`)),
          details.join(),
        );
        return true;
      });
    });

    it('leaves a folder alone that somebody else has filled', async () => {
      await assert.rejects(run('add', 'test-server', '--root', REPOSITORY, '--json'), {code: 'ROOT_TAKEN'});
      assert.ok(statSync(REPOSITORY).isDirectory());
    });
  });
});

/** Runs the command in this process and answers the JSON that it printed. */
async function run(...args: string[]): Promise<unknown> {
  const text = await runText(...args);
  checkJsonOutput(['servers', ...args], text);
  return JSON.parse(text);
}

async function runText(...args: string[]): Promise<string> {
  const program = new Command('tako').exitOverride().configureOutput({writeErr: () => undefined});
  addServersCommand(program);
  const printed: string[] = [];
  const [writeOut, writeError] = [process.stdout.write, process.stderr.write];
  process.stdout.write = text => Boolean(printed.push(String(text)));
  process.stderr.write = () => true;
  try {
    await program.parseAsync(['servers', ...args], {from: 'user'});
  } finally {
    process.stdout.write = writeOut;
    process.stderr.write = writeError;
  }
  return printed.join('');
}
