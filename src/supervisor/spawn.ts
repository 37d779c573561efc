import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync} from 'node:fs';
import {Socket, type SocketConstructorOpts} from 'node:net';
import type {DuplexOptions, Readable} from 'node:stream';
import type {Clock} from '../system/clock.js';
import {type BootstrapWriter, writeBootstrap} from './bootstrap-writer.js';
import {type ChildApp, createChildApp, type ReportPipe} from './child-app.js';
import {type Confinement, confine, openGate} from './confinement.js';
import {type ContractPipes, closeContractPipes, closeReport, givePipes, type Pipe} from './contract-pipes.js';
import type {Endpoint} from './endpoint.js';
import type {Exit} from './instance.js';
import type {Bootstrap, LaunchSpec} from './launch-spec.js';
import {reportingEnvironment} from './preloads.js';
import {endGroup, type GroupEnd, killGroup} from './process-group.js';
import type {ReadinessSigns} from './readiness-signs.js';
import {REPORT_FILE} from './report-channel.js';
import {findPortTaken, type PortTaken, reservePort} from './reserved-port.js';
import {explainSpawnFailure} from './spawn-failure.js';
import {explainStart, StartError} from './start-error.js';

/** Set in an app's environment to a random id, by which its processes are known even when ours has died. */
export const INSTANCE_MARKER = 'TAKO_INSTANCE';

/** The address an app listens on: what the contract's HOST says. */
export const LOOPBACK = '127.0.0.1';

/** A process that runs: the leader of its own group and session, so `pid` names all three. */
export type SpawnedApp = {
  readonly pid: number;
  /** The value of TAKO_INSTANCE in its environment. */
  readonly instanceId: string;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The leader's end; others of its group may still run. Never rejects. */
  readonly exited: Promise<Exit>;
  /** The PORT that was chosen for it and no other app. Undefined: it speaks the contract, or its port is pinned. */
  readonly reservedPort: number | undefined;
  /** By what it shows that, and where, it listens. */
  readonly signs: ReadinessSigns;
  /** To be told where it listens each time that is found out, for whoever takes the process over. */
  listensOn(endpoint: Endpoint): void;
  /** Ends the group: SIGTERM, `graceMs` to comply, SIGKILL. */
  end(graceMs: number, clock: Clock): Promise<GroupEnd>;
  /** Kills the group and waits for nothing. */
  kill(): void;
  /** Lets go of all of the app's pipes. What is still in them is lost. */
  close(): void;
};

/** There is no process. */
export class NotSpawned extends Error {
  override readonly name = 'NotSpawned';
  readonly reason: PortTaken | {readonly outcome: 'refused'; readonly cause: unknown};

  constructor(reason: NotSpawned['reason']) {
    super('the process was not spawned', reason.outcome === 'refused' ? {cause: reason.cause} : {});
    this.reason = reason;
  }
}

/** Starts one process as its spec says, or throws a StartError. Either way the pipes are used up. */
export const spawnApp = (spec: LaunchSpec, instanceId: string, pipes: ContractPipes): Promise<SpawnedApp> =>
  startProcess(spec, instanceId, pipes).catch(error => explainNotSpawned(spec, error));

/** Throws the StartError behind a NotSpawned; any other error as it is. */
export async function explainNotSpawned(spec: LaunchSpec, error: unknown): Promise<never> {
  if (!(error instanceof NotSpawned)) throw error;
  const {reason} = error;
  if (reason.outcome === 'port-taken') throw await explainStart(spec, reason);
  throw new StartError(spec, await explainSpawnFailure(spec, reason.cause));
}

/** As `spawnApp`, kept apart from others as far as `confinement` says; throws NotSpawned without looking for a cause. */
export async function startProcess(
  spec: LaunchSpec,
  instanceId: string,
  pipes: ContractPipes,
  confinement: Confinement = {},
): Promise<ChildApp> {
  const started = await startChild(spec, instanceId, pipes, confinement).catch(error => {
    closeContractPipes(pipes);
    throw error;
  });
  const {child, port} = started;
  let app: ChildApp | undefined;
  try {
    app = takeHold(child, {spec, instanceId, pipes, port});
    await openGate(child, confinement);
    return app;
  } catch (error) {
    // Nobody else knows of it.
    killGroup(child.pid);
    app?.close();
    throw error;
  }
}

async function startChild(
  spec: LaunchSpec,
  instanceId: string,
  pipes: ContractPipes,
  confinement: Confinement,
): Promise<{readonly child: Child; readonly port: number | undefined}> {
  const port = await choosePort(spec);
  const reporting = port === undefined ? undefined : {port, file: pipes.report.file};
  givePipes(pipes, confinement);
  const environment = appEnvironment(spec, instanceId, reporting);
  return {port, child: await execute(spec, environment, pipes, confinement)};
}

/** The PORT for an app that does not choose itself. Throws NotSpawned when it is to have one that is not free. */
async function choosePort(spec: LaunchSpec): Promise<number | undefined> {
  if (spec.ready === 'fd') return undefined;
  if (spec.port === undefined) return reservePort();
  const taken = await findPortTaken(spec.port);
  if (taken) throw new NotSpawned(taken);
  return spec.port;
}

function takeHold(child: Child, {spec, instanceId, pipes, port}: Spawning): ChildApp {
  const {pid} = child;
  const exited = new Promise<Exit>(resolve => {
    child.once('exit', (code, signal) => resolve({code, signal}));
  });
  for (const end of [pipes.bootstrap.read, pipes.readiness.write, pipes.stdout.write, pipes.stderr.write])
    closeSync(end);
  // An app of the contract is not told of the channel.
  if (port === undefined) closeReport(pipes.report);
  return createChildApp({
    facts: {pid, instanceId, port, isPinned: spec.port !== undefined},
    exited,
    end: (graceMs, clock) => endGroup(pid, graceMs, clock),
    streams: {
      stdout: openOutput(pipes.stdout),
      stderr: openOutput(pipes.stderr),
      pipe: new Socket({fd: pipes.readiness.read, readable: true, writable: false}),
      bootstrap: sendBootstrap(spec, pipes.bootstrap.write),
      report: port === undefined ? undefined : openReport(pipes.report),
    },
  });
}

type Spawning = {
  readonly spec: LaunchSpec;
  readonly instanceId: string;
  readonly pipes: ContractPipes;
  readonly port: number | undefined;
};

function sendBootstrap({bootstrap}: LaunchSpec, fd: number): BootstrapWriter {
  const socket = new Socket({fd, readable: false, writable: true});
  return writeBootstrap(socket, Buffer.from(renderBootstrap(bootstrap)));
}

const renderBootstrap = ({token, secrets, storages}: Bootstrap): string => JSON.stringify({token, secrets, storages});

/** With the name and its NUL below what Linux takes as one variable: MAX_ARG_STRLEN, 128 KiB (execve(2)). */
const MAX_VARIABLE_BYTES = 131_072 - 64;

/** A longer document goes through the descriptor only: a process with it would not be started. */
function renderVariable(bootstrap: Bootstrap): string | undefined {
  const text = renderBootstrap(bootstrap);
  return Buffer.byteLength(text) > MAX_VARIABLE_BYTES ? undefined : text;
}

/** Nothing is read ahead, so that whoever reads decides how often the system is asked. */
function openOutput({read}: Pipe): Readable {
  const options: SocketConstructorOpts & DuplexOptions = {fd: read, readable: true, writable: false, highWaterMark: 1};
  return new Socket(options);
}

const openReport = ({read, write, file}: ContractPipes['report']): ReportPipe => ({
  stream: new Socket({fd: read, readable: true, writable: false}),
  anchor: write,
  file,
});

type Child = ChildProcess & {readonly pid: number};

/**
 * Node's own `spawn`, as a request may wait for it: execa takes 1 to 2 ms more, the first time 20 (measured). Throws
 * NotSpawned when there is no process.
 */
async function execute(
  spec: LaunchSpec,
  env: NodeJS.ProcessEnv,
  pipes: ContractPipes,
  confinement: Confinement,
): Promise<Child> {
  try {
    const {command, identity, gate} = await confine(spec, confinement);
    const [file = '', ...args] = command;
    const child = spawn(file, args, {
      cwd: spec.directory,
      env,
      stdio: ['ignore', pipes.stdout.write, pipes.stderr.write, pipes.bootstrap.read, pipes.readiness.write, ...gate],
      // A group and session of its own: what is signalled is the app and all it started.
      detached: true,
      ...identity,
    });
    if (!hasPid(child)) throw (await once(child, 'error'))[0];
    // A signal that cannot be sent is told by process-group.ts.
    child.on('error', () => {});
    return child;
  } catch (cause) {
    throw new NotSpawned({outcome: 'refused', cause});
  }
}

const hasPid = (child: ChildProcess): child is Child => child.pid !== undefined;

/**
 * The environment the app gets. A tako that runs inside a tako app does not pass that app's own connections on. Without
 * a port it is that of the contract; with one, what the app opens is reported to the file.
 */
export function appEnvironment(
  {
    environment,
    bootstrap,
    bootstrapIn,
  }: Pick<LaunchSpec, 'environment'> & Partial<Pick<LaunchSpec, 'bootstrap' | 'bootstrapIn'>>,
  instanceId: string,
  reporting: {readonly port: number; readonly file: string} | undefined,
): NodeJS.ProcessEnv {
  return {
    ...environment,
    PORT: String(reporting?.port ?? 0),
    HOST: LOOPBACK,
    TAKO_APP_NAME: undefined,
    TAKO_INTERNAL_SOCKET: undefined,
    TAKO_BOOTSTRAP_DATA: bootstrapIn === 'environment' && bootstrap ? renderVariable(bootstrap) : undefined,
    [REPORT_FILE]: undefined,
    [INSTANCE_MARKER]: instanceId,
    ...(reporting && reportingEnvironment(environment, reporting)),
  };
}
