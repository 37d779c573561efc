import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {Readable} from 'node:stream';
import {text} from 'node:stream/consumers';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {openSsh, type Ssh} from '../../../src/prod/remote/ssh.js';
import type {SshTarget} from '../../../src/prod/remote/ssh-target.js';
import {createRandom} from '../../helpers/random.js';
import {requires} from '../../helpers/system-parts.js';
import {type Sshd, startSshd} from './sshd.js';

const FLAGS = {hasTerminal: false, environment: {}};
const isMissing = requires('sshd', 'ssh', 'root');

describe.skipIf(isMissing)('ssh (needs sshd)', () => {
  let sshd: Sshd;
  let ssh: Ssh;
  beforeAll(async () => {
    sshd = await startSshd();
    ssh = await openSsh(sshd.target, FLAGS);
  });
  afterAll(async () => {
    await ssh?.close();
    await sshd?.close();
  });

  it('runs a script and gives its output', async () => {
    assert.equal(await ssh.script('echo "$((1 + 2))"; echo done', {what: 'adding'}), '3\ndone\n');
  });

  it('gives a script its input, byte for byte, after the script itself', async () => {
    const bytes = createRandom(7).bytes(200_000);
    const script = 'sha256sum | cut -d " " -f 1; wc -c </dev/null';
    const expected = createHash('sha256').update(bytes).digest('hex');
    const output = await ssh.script(script, {what: 'hashing', input: Readable.from([bytes])});
    assert.equal(output, `${expected}\n0\n`);
  });

  it('stops a script at its first failure and says what it said', async () => {
    await assert.rejects(ssh.script('echo no such luck >&2; false; echo not here', {what: 'the attempt'}), {
      code: 'SSH_COMMAND',
      details: ['no such luck'],
    });
    assert.equal((await ssh.tryScript('exit 7', {what: 'the attempt'})).code, 7);
  });

  it('rejects with the error of an input that cannot be read', async () => {
    const input = new Readable({read: () => undefined});
    const failing = ssh.script('cat >/dev/null', {what: 'reading', input});
    input.destroy(new Error('the disk is gone'));
    await assert.rejects(failing, /the disk is gone/);
  });

  it('runs scripts beside each other through one login', async () => {
    const outputs = await Promise.all(
      [1, 2, 3, 4].map(n => ssh.script(`echo ${n}; echo "$SSH_CONNECTION"`, {what: 'counting'})),
    );
    const ports = outputs.map(output => output.split('\n')[1]);
    assert.deepEqual(
      outputs.map(output => output.split('\n')[0]),
      ['1', '2', '3', '4'],
    );
    assert.equal(new Set(ports).size, 1);
  });

  it('opens a channel whose two directions end by themselves', async () => {
    const {stream, ended} = ssh.open('cat; echo after');
    stream.write('hello\n');
    stream.end();
    assert.equal(await text(stream), 'hello\nafter\n');
    assert.equal((await ended).code, 0);
  });

  it('ends channels when it is closed', async () => {
    const other = await openSsh(sshd.target, FLAGS);
    const {stream, ended} = other.open('cat');
    stream.on('error', () => undefined);
    stream.resume();
    const closed = once(stream, 'close');
    await other.close();
    await Promise.all([ended, closed]);
  });

  it('ends a channel whose connection is cut, and can be closed then', async () => {
    const other = await openSsh(sshd.target, FLAGS);
    const {stream, ended} = other.open('cat');
    stream.on('error', () => undefined);
    stream.write('there?\n');
    await once(stream, 'data');
    const closed = once(stream, 'close');
    sshd.cut();
    assert.notEqual((await ended).code, 0);
    await closed;
    await other.close();
    await ssh.close();
    ssh = await openSsh(sshd.target, FLAGS);
  });

  const withOptions = (...sshOptions: string[]): SshTarget => ({...sshd.target, sshOptions});

  it('tells a key that is not let in from a host key that is not known', async () => {
    const stranger = sshd.writeConfig('stranger', [`IdentityFile ${sshd.folder}/stranger`, 'IdentitiesOnly yes']);
    writeFileSync(
      stranger,
      `Host *\nIdentityFile ${sshd.folder}/stranger\nIdentitiesOnly yes\nHostName 127.0.0.1\nPort ${sshd.port}\nUserKnownHostsFile ${sshd.folder}/known_hosts\n`,
    );
    await assert.rejects(openSsh(withOptions('-F', stranger), FLAGS), {code: 'SSH_DENIED'});
    const unknown = sshd.writeConfig('unknown', ['UserKnownHostsFile /dev/null']);
    await assert.rejects(openSsh(withOptions('-F', unknown), FLAGS), {code: 'SSH_HOST_KEY'});
  });

  it('says that a host key has changed', async () => {
    const known = path.join(sshd.folder, 'other_hosts');
    writeFileSync(known, `[127.0.0.1]:${sshd.port} ${readFileSync(path.join(sshd.folder, 'stranger.pub'), 'utf8')}`);
    const config = sshd.writeConfig('changed', [`UserKnownHostsFile ${known}`]);
    await assert.rejects(openSsh(withOptions('-F', config), FLAGS), {
      code: 'SSH_HOST_KEY',
      message: /has another host key/,
    });
  });

  it('says that a server cannot be reached', async () => {
    await assert.rejects(openSsh({...sshd.target, host: '127.0.0.1', port: 1}, FLAGS), {code: 'SSH_UNREACHABLE'});
  });

  it('is not in the way of forwardings and commands in the configuration of the user', async () => {
    const config = sshd.writeConfig('busy', [
      'RemoteCommand false',
      'LogLevel QUIET',
      `LocalForward ${sshd.port} 127.0.0.1:1`,
    ]);
    const other = await openSsh(withOptions('-F', config), FLAGS);
    assert.equal(await other.script('echo fine', {what: 'a word'}), 'fine\n');
    await other.close();
  });
});

describe('ssh', () => {
  it('says that there is none', async () => {
    const before = process.env.PATH;
    process.env.PATH = '/nonexistent';
    try {
      const target = {host: 'x.test', user: undefined, port: undefined, sshKey: undefined, sshOptions: []};
      await assert.rejects(openSsh(target, FLAGS), {code: 'SSH_MISSING'});
    } finally {
      process.env.PATH = before;
    }
  });
});
