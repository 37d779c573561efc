import assert from 'node:assert/strict';
import {type ChildProcess, execFileSync, spawn} from 'node:child_process';
import {createHash} from 'node:crypto';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {type CommandResult, run} from '../../../src/system/exec.js';
import {startCompanion} from '../vps/companion.js';

// Somebody's own computer, made of namespaces: its network, processes, /etc, /run, anchors of trust and home folders are its
// own, its programs are this system's. Nothing that `tako setup` does there is done here.

/** What has to be there for it, as `requires` wants it. */
export const MACHINE_PARTS = [
  'root',
  'mount namespace',
  'network namespace',
  'ip',
  'nsenter',
  'update-ca-certificates',
] as const;

const CLI = path.resolve(import.meta.dirname, '../../../dist/cli.js');
const BOOT = path.join(import.meta.dirname, 'boot.sh');
const SYSTEMCTL = path.join(import.meta.dirname, 'systemctl.sh');

/** A user without rights: with `sudo`, may become root without a password. */
export type MachineUser = 'root' | 'dev';

export type MachineOptions = {
  /** Files of /etc that are others than here: by their names below it. */
  readonly etc?: Readonly<Record<string, string>>;
  /** Whether `systemctl` is there: a script that does what these tests need, and of which services know nothing. */
  readonly hasSystemctl?: boolean;
  /** Whether Java's store of roots follows the system's, which takes a second each time. */
  readonly hasJavaStore?: boolean;
};

export type RunOptions = {
  readonly as?: MachineUser;
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
};

export type Machine = {
  /** Everything of it that is on disk: `etc`, `anchors`, `home` (root's) and `dev` (the user's), `bin` (first in PATH). */
  readonly folder: string;
  /** Runs a program to its end: `run('tako', 'setup', '--yes')`. */
  run(...words: readonly string[]): Promise<CommandResult>;
  runWith(options: RunOptions, ...words: readonly string[]): Promise<CommandResult>;
  /** Runs it to its end, and fails with its words when it fails; gives what it printed. */
  must(...words: readonly string[]): Promise<string>;
  /** Runs it on. It ends with the machine at the latest. */
  start(options: RunOptions, ...words: readonly string[]): ChildProcess;
  /** Puts a shell script in front of the programs of that name. */
  program(name: string, script: string): void;
  /** What `systemctl restart name` starts from now on. Starts nothing. */
  service(name: string, command: string): void;
  /** Adds a project whose app answers, and gives its folder. */
  project(name: string, config?: readonly string[]): string;
  /** A file below its /etc; undefined where there is none. */
  read(file: string): string | undefined;
  /** All files of /etc and the anchors: their kind, mode, owner and content, by name. */
  snapshot(): Readonly<Record<string, string>>;
  /** Ends whatever runs there, and removes it. */
  close(): Promise<void>;
};

export async function createMachine({
  etc = {},
  hasSystemctl = false,
  hasJavaStore = false,
}: MachineOptions = {}): Promise<Machine> {
  const folder = createFolder(etc);
  if (!hasJavaStore) rmSync(path.join(folder, 'etc/ca-certificates/update.d/jks-keystore'), {force: true});
  const companion = await startCompanion('unshare', [
    ...['--net', '--mount', '--pid', '--fork', '--kill-child', 'bash', BOOT, folder],
  ]);
  const pid = Number((await companion.line()).replace('pid ', ''));
  const words = (options: RunOptions, command: readonly string[]): readonly string[] => [
    ...['--target', String(pid), '--net', '--mount', '--pid', `--wd=${options.cwd ?? folder}`, '--'],
    ...asUser(options.as ?? 'root', folder, options.environment ?? {}),
    ...command,
  ];
  const runWith: Machine['runWith'] = (options, ...command) =>
    run({file: 'nsenter', args: words(options, command)}, {timeoutMs: RUN_TIMEOUT_MS});
  const machine: Machine = {
    folder,
    runWith,
    run: (...command) => runWith({}, ...command),
    async must(...command) {
      const {exitCode, stdout, stderr} = await runWith({}, ...command);
      assert.equal(exitCode, 0, `${command.join(' ')}: ${stdout}${stderr}`);
      return stdout;
    },
    start: (options, ...command) =>
      spawn('nsenter', words(options, command), {stdio: ['ignore', 'pipe', 'pipe'], detached: true}),
    program: (name, script) => writeProgram(path.join(folder, 'bin', name), script),
    service: (name, command) => writeProgram(path.join(folder, 'services', name), `exec ${command}`),
    project: (name, config = []) => createProject(path.join(folder, 'projects', name), name, config),
    read(file) {
      const at = path.join(folder, 'etc', file);
      return lstatSync(at, {throwIfNoEntry: false}) ? readFileSync(at, 'utf8') : undefined;
    },
    snapshot: () => ({...snapshotOf(folder, 'etc'), ...snapshotOf(folder, 'anchors')}),
    async close() {
      companion.kill();
      await companion.exited;
      rmSync(folder, {recursive: true, force: true});
    },
  };
  if (hasSystemctl) {
    machine.program('systemctl', `exec bash ${SYSTEMCTL} ${path.join(folder, 'services')} "$@"`);
    await machine.must('mkdir', '-p', '/run/systemd/system');
  }
  await machine.must('update-ca-certificates', '--fresh');
  return machine;
}

const RUN_TIMEOUT_MS = 60_000;
/** Each root that is trusted costs time at every change of the store. */
const KEPT_ROOTS = 3;
const USER = {name: 'dev', id: 54_321} as const;

function createFolder(etc: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-machine-'));
  chmodSync(folder, 0o755);
  for (const name of ['anchors', 'home', 'dev', 'bin', 'services', 'projects']) mkdirSync(path.join(folder, name));
  chownSync(path.join(folder, 'dev'), USER.id, USER.id);
  mkdirSync('/usr/local/share/ca-certificates', {recursive: true});
  execFileSync('cp', ['-a', '/etc', path.join(folder, 'etc')]);
  const at = (name: string): string => path.join(folder, 'etc', name);
  const roots = readFileSync(at('ca-certificates.conf'), 'utf8')
    .split('\n')
    .filter(line => /^[^#!]/.test(line));
  const account = `${USER.name}:x:${USER.id}:${USER.id}::${path.join(folder, 'dev')}:/bin/sh\n`;
  const own: Record<string, string> = {
    'ca-certificates.conf': `${roots.slice(0, KEPT_ROOTS).join('\n')}\n`,
    hosts: '127.0.0.1 localhost\n::1 localhost\n',
    passwd: readFileSync(at('passwd'), 'utf8') + account,
    group: `${readFileSync(at('group'), 'utf8')}${USER.name}:x:${USER.id}:\n`,
  };
  for (const [name, text] of Object.entries({...own, ...etc})) {
    mkdirSync(path.dirname(at(name)), {recursive: true});
    rmSync(at(name), {force: true});
    writeFileSync(at(name), text);
  }
  writeProgram(
    path.join(folder, 'bin/tako'),
    `exec ${process.execPath} --disable-warning=ExperimentalWarning ${CLI} "$@"`,
  );
  return folder;
}

function writeProgram(file: string, script: string): void {
  writeFileSync(file, `#!/bin/bash\n${script}\n`);
  chmodSync(file, 0o755);
}

function createProject(directory: string, name: string, config: readonly string[]): string {
  mkdirSync(directory);
  const server = `import {createServer} from 'node:http';
createServer((_, response) => response.end('${name} answers')).listen(Number(process.env.PORT), '127.0.0.1');
`;
  writeFileSync(path.join(directory, 'server.mjs'), server);
  const lines = [`name = "${name}"`, 'dev = ["node", "server.mjs"]', ...config];
  writeFileSync(path.join(directory, 'tako.toml'), `${lines.join('\n')}\n`);
  return directory;
}

/** Nothing of this process's environment but the way to its programs. */
function asUser(user: MachineUser, folder: string, more: Readonly<Record<string, string>>): readonly string[] {
  const variables = {
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}:/usr/sbin:/sbin`,
    HOME: path.join(folder, user === 'root' ? 'home' : 'dev'),
    USER: user,
    NO_COLOR: '1',
    LANG: 'C.UTF-8',
    ...more,
  };
  const environment = ['env', '-i', ...Object.entries(variables).map(([name, value]) => `${name}=${value}`)];
  return user === 'root' ? environment : ['runuser', '-u', USER.name, '--', ...environment];
}

/** Java's store says when it was written. */
const DATED = 'etc/ssl/certs/java/cacerts';

function snapshotOf(folder: string, name: string): Record<string, string> {
  const top = path.join(folder, name);
  const names = readdirSync(top, {recursive: true, encoding: 'utf8'});
  const kept = names.map(file => path.join(name, file)).filter(file => file !== DATED);
  return Object.fromEntries(kept.sort().map(file => [file, describe(path.join(folder, file))]));
}

function describe(file: string): string {
  const info = lstatSync(file);
  const who = `${info.mode.toString(8)} ${info.uid}:${info.gid}`;
  if (info.isSymbolicLink()) return `${who} -> ${readlinkSync(file)}`;
  if (!info.isFile()) return who;
  return `${who} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`;
}

/** `ip` in its network: a second interface, as the cable of a network that comes and goes. */
export const addLink = async ({must}: Machine, name: string, address: string): Promise<void> => {
  await must('ip', 'link', 'add', name, 'type', 'veth', 'peer', 'name', `${name}p`);
  await must('ip', 'address', 'add', address, 'dev', name);
  for (const link of [name, `${name}p`]) await must('ip', 'link', 'set', link, 'up');
};
