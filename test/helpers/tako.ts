import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';
import type {AppStatus} from '../../src/control/events.js';
import type {DaemonInfo} from '../../src/control/protocol.js';
import {type DaemonConnection, endDaemon, findDaemon} from '../../src/devproxy/daemon-client.js';
import {daemonFiles} from '../../src/devproxy/daemon-files.js';
import {resolvePaths} from '../../src/system/paths.js';
import {processIdentity} from '../../src/system/processes.js';
import {readVersion} from '../../src/system/version.js';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {shareCompiledCode} from './compiled-code.js';
import {checkJsonOutput} from './json-output.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

export type CommandResult = {readonly code: number | null; readonly stdout: string; readonly stderr: string};

/** The command as a user has it, with a home of its own and free ports. Everything it started ends with `close`. */
export type Tako = {
  readonly home: string;
  /** With `--json`, what it prints has to be as docs/schemas says. */
  run(args: readonly string[], options?: RunOptions): Promise<CommandResult>;
  /** Runs `tako dev --json` and follows its events. */
  dev(directory: string, ...args: string[]): DevProcess;
  status(): Promise<{readonly daemon: DaemonInfo | null; readonly apps: readonly AppStatus[]}>;
  /** Stops these apps, where they are there, as `tako stop` does. */
  stop(...names: readonly string[]): Promise<void>;
  close(): Promise<void>;
};

export type RunOptions = {readonly cwd?: string; readonly env?: NodeJS.ProcessEnv};

export type DevProcess = {
  readonly child: ChildProcess;
  /** Everything heard so far. */
  readonly events: readonly DevEvent[];
  /** The first event, past or to come, that the function answers for. Rejects when the process ends first. */
  until<T>(find: (event: DevEvent) => T | undefined | false): Promise<T>;
  ready(): Promise<AppStatus>;
  /** Sends the signal and waits for the end of the command. */
  end(signal: NodeJS.Signals): Promise<void>;
};

/** `more` is added to the environment of every command, and so of all that these start. */
export function createTako(more: NodeJS.ProcessEnv = {}): Tako {
  const home = mkdtempSync(path.join(tmpdir(), 'tako-test-'));
  writeFileSync(path.join(home, 'settings.toml'), 'port = 0\nhttp_port = 0\ndns_port = 0\n');
  shareCompiledCode(home);
  const environment = {...process.env, ...more, TAKO_HOME: home, NO_COLOR: '1'};
  const devs: DevProcess[] = [];

  const start = (args: readonly string[], {cwd = home, env = {}}: RunOptions = {}): ChildProcess =>
    spawn(process.execPath, [CLI, ...args], {cwd, env: {...environment, ...env}, stdio: ['ignore', 'pipe', 'pipe']});
  const run: Tako['run'] = async (args, options) => {
    const child = start(args, options);
    const [stdout, stderr, [code]] = await Promise.all([read(child.stdout), read(child.stderr), once(child, 'close')]);
    if (args.includes('--json') && args[0] !== 'run') checkJsonOutput(args, stdout);
    return {code, stdout, stderr};
  };
  const files = daemonFiles(resolvePaths({TAKO_HOME: home}, process.platform, home));
  // Straight over the control socket: a process of its own for each look would be most of a test's time.
  const connect = (): Promise<DaemonConnection | undefined> => findDaemon(files, readVersion());
  const status: Tako['status'] = async () => {
    const connection = await connect();
    if (!connection) return {daemon: null, apps: []};
    const {apps} = await connection.client.call('list', {});
    connection.client.close();
    return {daemon: connection.info, apps};
  };
  return {
    home,
    run,
    status,
    async stop(...names) {
      const connection = await connect();
      await Promise.allSettled(names.map(name => connection?.client.call('remove', {name})));
      connection?.client.close();
    },
    dev(directory, ...args) {
      const dev = createDevProcess(start(['dev', '--json', ...args], {cwd: directory}));
      devs.push(dev);
      return dev;
    },
    async close() {
      await Promise.all(devs.map(dev => dev.end('SIGKILL')));
      const connection = await connect();
      if (connection) {
        await endDaemon(connection);
        await untilGone(connection.info.pid);
      }
      rmSync(home, {recursive: true, force: true});
    },
  };
}

/** Resolves when no process with this pid runs. */
export async function untilGone(pid: number): Promise<void> {
  for (;;) {
    const process = await processIdentity(pid);
    if (!process || process.state === 'Z') return;
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}

function createDevProcess(child: ChildProcess): DevProcess {
  const events: DevEvent[] = [];
  const waiting = new Set<() => void>();
  const ended = once(child, 'close');
  let output = '';
  read(child.stderr).then(text => {
    output += text;
  });
  if (!child.stdout) throw new Error('tako dev has no stdout');
  createInterface({input: child.stdout}).on('line', line => {
    checkJsonOutput(['dev'], line);
    events.push(JSON.parse(line) as DevEvent);
    for (const wake of waiting) wake();
  });
  const until: DevProcess['until'] = find =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        for (const event of events) {
          const found = find(event);
          if (found === undefined || found === false) continue;
          waiting.delete(look);
          resolve(found);
          return;
        }
      };
      waiting.add(look);
      ended.then(() => reject(new Error(`tako dev ended first: ${output}${JSON.stringify(events.slice(-3))}`)));
      look();
    });
  return {
    child,
    events,
    until,
    ready: () => until(event => event.type === 'status' && event.status.state === 'ready' && event.status),
    async end(signal) {
      child.kill(signal);
      await ended;
    },
  };
}

async function read(stream: NodeJS.ReadableStream | null): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream ?? []) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
