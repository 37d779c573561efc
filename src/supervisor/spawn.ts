import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync} from 'node:fs';
import {Socket} from 'node:net';
import type {Readable} from 'node:stream';
import {type ContractPipes, closeContractPipes, closeReport, removeReport} from './contract-pipes.js';
import type {Exit} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';
import {reportingEnvironment} from './preloads.js';
import {killGroup} from './process-group.js';
import {createSigns, type ReadinessSigns} from './readiness-signs.js';
import {NO_REPORTS, REPORT_FILE, readReports} from './report-channel.js';
import {findPortTaken, reservePort} from './reserved-port.js';
import {explainSpawnFailure} from './spawn-failure.js';
import {explainStart, StartError} from './start-error.js';

/** Set in an app's environment to a random id, by which its processes are known even when ours has died. */
export const INSTANCE_MARKER = 'TAKO_INSTANCE';

/** The address an app listens on: what the contract's HOST says. */
export const LOOPBACK = '127.0.0.1';

/** A process that runs: the leader of its own group and session, so `pid` names all three. */
export type SpawnedApp = {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The leader's end; others of its group may still run. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The PORT that was chosen for it and no other app. Undefined: it speaks the contract, or its port is pinned. */
  readonly reservedPort: number | undefined;
  /** By what it shows that, and where, it listens. */
  readonly signs: ReadinessSigns;
  /** Lets go of all of the app's pipes. What is still in them is lost. */
  close(): void;
};

/** Starts one process as its spec says, or throws a StartError. Either way the pipes are used up. */
export async function spawnApp(spec: LaunchSpec, instanceId: string, pipes: ContractPipes): Promise<SpawnedApp> {
  const port = await choosePort(spec).catch(error => giveUp(pipes, error));
  const reporting = port === undefined ? undefined : {port, file: pipes.report.file};
  const child = await execute(spec, appEnvironment(spec, instanceId, reporting), pipes).catch(async error =>
    giveUp(pipes, new StartError(spec, await explainSpawnFailure(spec, error))),
  );
  const {pid} = child;
  try {
    return takeHold(child, {spec, pipes, port});
  } catch (error) {
    // Nobody else knows of it.
    killGroup(pid);
    throw error;
  }
}

function giveUp(pipes: ContractPipes, error: unknown): never {
  closeContractPipes(pipes);
  throw error;
}

/** The PORT for an app that does not choose itself. Throws a StartError when it is to have one that is not free. */
async function choosePort(spec: LaunchSpec): Promise<number | undefined> {
  if (spec.ready === 'fd') return undefined;
  if (spec.port === undefined) return reservePort();
  const taken = await findPortTaken(spec.port);
  if (taken) throw await explainStart(spec, taken);
  return spec.port;
}

type Spawning = {readonly spec: LaunchSpec; readonly pipes: ContractPipes; readonly port: number | undefined};

function takeHold(child: Child, spawning: Spawning): SpawnedApp {
  const {pid, stdout, stderr} = child;
  const exited = new Promise<Exit>(resolve => {
    child.once('exit', (code, signal) => resolve({code, signal}));
  });
  const {signs, close} = attend(spawning);
  return {
    pid,
    stdout,
    stderr,
    exited,
    reservedPort: spawning.spec.port === undefined ? spawning.port : undefined,
    signs,
    close: () => {
      for (const stream of [stdout, stderr]) stream.destroy();
      close();
    },
  };
}

/** Our ends of the pipes, and how they are let go. */
function attend({spec, pipes, port}: Spawning): Pick<SpawnedApp, 'signs' | 'close'> {
  const over = new AbortController();
  closeSync(pipes.bootstrap.read);
  closeSync(pipes.readiness.write);
  const bootstrap = sendBootstrap(spec, pipes.bootstrap.write);
  const pipe = new Socket({fd: pipes.readiness.read, readable: true, writable: false});
  const reports = takeReports(pipes.report, port, over.signal);
  const signs = createSigns({pipe, port, isPinned: spec.port !== undefined, reports, over: over.signal});
  const close = (): void => {
    over.abort();
    for (const stream of [bootstrap, pipe]) stream.destroy();
  };
  return {signs, close};
}

/** An app of the contract is not told of the channel. */
function takeReports(
  report: ContractPipes['report'],
  port: number | undefined,
  over: AbortSignal,
): ReadinessSigns['reports'] {
  if (port === undefined) {
    closeReport(report);
    return NO_REPORTS;
  }
  const stream = new Socket({fd: report.read, readable: true, writable: false});
  const close = (): void => {
    stream.destroy();
    closeSync(report.write);
    removeReport(report.file);
  };
  over.addEventListener('abort', close, {once: true});
  return readReports(stream);
}

type Child = ChildProcess & {readonly pid: number; readonly stdout: Readable; readonly stderr: Readable};

/**
 * Node's own `spawn`, as a request may wait for it: execa takes 1 to 2 ms more, the first time 20 (measured). Throws when
 * there is no process.
 */
async function execute(spec: LaunchSpec, env: NodeJS.ProcessEnv, pipes: ContractPipes): Promise<Child> {
  const [file = '', ...args] = spec.command;
  const child = spawn(file, args, {
    cwd: spec.directory,
    env,
    stdio: ['ignore', 'pipe', 'pipe', pipes.bootstrap.read, pipes.readiness.write],
    // A group and session of its own: what is signalled is the app and all it started.
    detached: true,
  });
  if (!hasPid(child)) throw (await once(child, 'error'))[0];
  // A signal that cannot be sent is told by process-group.ts.
  child.on('error', () => {});
  return child;
}

const hasPid = (child: ChildProcess): child is Child => child.pid !== undefined;

/**
 * The environment the app gets. A tako that runs inside a tako app does not pass that app's own connections on. Without
 * a port it is that of the contract; with one, what the app opens is reported to the file.
 */
export function appEnvironment(
  {environment}: LaunchSpec,
  instanceId: string,
  reporting: {readonly port: number; readonly file: string} | undefined,
): NodeJS.ProcessEnv {
  return {
    ...environment,
    PORT: String(reporting?.port ?? 0),
    HOST: LOOPBACK,
    TAKO_APP_NAME: undefined,
    TAKO_INTERNAL_SOCKET: undefined,
    TAKO_BOOTSTRAP_DATA: undefined,
    [REPORT_FILE]: undefined,
    [INSTANCE_MARKER]: instanceId,
    ...(reporting && reportingEnvironment(environment, reporting)),
  };
}

function sendBootstrap({bootstrap: {token, secrets, storages}}: LaunchSpec, fd: number): Socket {
  const socket = new Socket({fd, readable: false, writable: true});
  // EPIPE: an app may ignore file descriptor 3, or end before it has read all of it.
  socket.on('error', () => {});
  socket.end(JSON.stringify({token, secrets, storages}));
  return socket;
}
