import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir, userInfo} from 'node:os';
import path from 'node:path';
import type {SshTarget} from '../../../src/prod/remote/ssh-target.js';
import {errorCode} from '../../../src/system/error.js';

/** A real sshd on this machine, with keys and a configuration of its own; who logs in is the user of the test. */
export type Sshd = {
  readonly folder: string;
  readonly port: number;
  readonly target: SshTarget;
  /** A configuration for the client with this in it, beside what it needs. */
  writeConfig(name: string, lines: readonly string[]): string;
  /** Kills every connection, as a network that breaks does. */
  cut(): void;
  close(): Promise<void>;
};

export async function startSshd(): Promise<Sshd> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-sshd-'));
  const file = (name: string): string => path.join(folder, name);
  const port = await freePort();
  for (const key of ['host', 'user', 'stranger'])
    execFileSync('ssh-keygen', ['-qt', 'ed25519', '-N', '', '-f', file(key)]);
  writeFileSync(file('authorized_keys'), readFileSync(file('user.pub')));
  writeFileSync(file('known_hosts'), `[127.0.0.1]:${port} ${readFileSync(file('host.pub'), 'utf8')}`);
  writeFileSync(file('sshd_config'), serverConfig(folder, port));
  // Where sshd of Debian parts with its privileges; its service makes it, which does not run here.
  mkdirSync('/run/sshd', {recursive: true, mode: 0o755});
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file('sshd_config')], {stdio: ['ignore', 'ignore', 'pipe']});
  await untilListening(sshd);
  const writeConfig = (name: string, lines: readonly string[]): string => {
    writeFileSync(file(name), [...lines, ...clientConfig(folder, port)].join('\n'));
    return file(name);
  };
  const config = writeConfig('ssh_config', []);
  return {
    folder,
    port,
    writeConfig,
    target: {host: 'test-server', user: undefined, port: undefined, sshKey: undefined, sshOptions: ['-F', config]},
    cut: () => {
      for (const pid of connectionsOf(sshd.pid ?? 0)) endProcess(pid, 'SIGKILL');
    },
    async close() {
      // Its connections have its standard error too.
      const ended = once(sshd, 'exit');
      for (const pid of connectionsOf(sshd.pid ?? 0)) endProcess(pid, 'SIGTERM');
      sshd.kill();
      await ended;
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

const serverConfig = (folder: string, port: number): string => `
Port ${port}
ListenAddress 127.0.0.1
HostKey ${folder}/host
AuthorizedKeysFile ${folder}/authorized_keys
PidFile none
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
StrictModes no
MaxSessions 10
`;

/** In ssh the first value counts, so these come last. */
const clientConfig = (folder: string, port: number): string[] => [
  'Host test-server',
  'HostName 127.0.0.1',
  `Port ${port}`,
  `User ${userInfo().username}`,
  `IdentityFile ${folder}/user`,
  'IdentitiesOnly yes',
  `UserKnownHostsFile ${folder}/known_hosts`,
  'GlobalKnownHostsFile none',
  '',
];

function untilListening(sshd: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let heard = '';
    sshd.stderr?.setEncoding('utf8').on('data', (text: string) => {
      heard += text;
      if (heard.includes('Server listening')) resolve();
    });
    sshd.once('close', () => reject(new Error(`sshd ended: ${heard}`)));
  });
}

/** The processes of sshd that hold a connection each. */
function connectionsOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  return children.filter(child => nameOf(child) === 'sshd');
}

/** One that has ended meanwhile is as wanted. */
function endProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

/** Undefined for one that has ended meanwhile. */
function nameOf(pid: number): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').trim();
  } catch {
    return undefined;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as {port: number};
  server.close();
  await once(server, 'close');
  return port;
}
