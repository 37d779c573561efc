import {closeSync} from 'node:fs';
import {Socket} from 'node:net';
import type {Readable} from 'node:stream';
import {execa} from 'execa';
import {type ContractPipes, closeContractPipes} from './contract-pipes.js';
import type {Exit} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';
import {explainSpawnFailure} from './spawn-failure.js';
import {StartError} from './start-error.js';

/** Set in an app's environment to a random id, by which its processes are known even when ours has died. */
export const INSTANCE_MARKER = 'TAKO_INSTANCE';

/** The address an app listens on: what the contract's HOST says. */
export const LOOPBACK = '127.0.0.1';

/** A process that runs: the leader of its own group and session, so `pid` names all three. */
export type SpawnedApp = {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** What the app writes to file descriptor 4. */
  readonly readiness: Readable;
  /** The leader's end; others of its group may still run. Never rejects. */
  readonly exited: Promise<Exit>;
  /** Lets go of all of the app's pipes. What is still in them is lost. */
  close(): void;
};

/** Starts one process under the app contract, or throws a StartError. Either way the pipes are used up. */
export async function spawnApp(spec: LaunchSpec, instanceId: string, pipes: ContractPipes): Promise<SpawnedApp> {
  const subprocess = execute(spec, instanceId, pipes);
  const {pid, stdout, stderr, nodeChildProcess} = subprocess;
  if (pid === undefined) {
    closeContractPipes(pipes);
    throw new StartError(spec, await explainSpawnFailure(spec, (await subprocess).cause));
  }
  const exited = new Promise<Exit>(resolve => {
    nodeChildProcess.once('exit', (code, signal) => resolve({code, signal}));
  });
  closeSync(pipes.bootstrap.read);
  closeSync(pipes.readiness.write);
  const bootstrap = sendBootstrap(spec, pipes.bootstrap.write);
  const readiness = new Socket({fd: pipes.readiness.read, readable: true, writable: false});
  const close = (): void => {
    for (const stream of [stdout, stderr, bootstrap, readiness]) stream.destroy();
  };
  return {pid, stdout, stderr, readiness, exited, close};
}

const execute = (spec: LaunchSpec, instanceId: string, pipes: ContractPipes) => {
  const [file = '', ...args] = spec.command;
  return execa(file, args, {
    cwd: spec.directory,
    env: contractEnvironment(spec, instanceId),
    extendEnv: false,
    stdio: ['ignore', 'pipe', 'pipe', asStdio(pipes.bootstrap.read), asStdio(pipes.readiness.write)],
    // A group and session of its own: what is signalled is the app and all it started.
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
  });
};

// execa's types only name descriptors up to 9, but it hands any of them on to the child.
const asStdio = (fd: number): 3 => fd as 3;

/** The environment the app gets. A tako that runs inside a tako app does not pass that app's own connection on. */
export function contractEnvironment(spec: LaunchSpec, instanceId: string): NodeJS.ProcessEnv {
  return {
    ...spec.environment,
    PORT: '0',
    HOST: LOOPBACK,
    TAKO_APP_NAME: undefined,
    TAKO_INTERNAL_SOCKET: undefined,
    TAKO_BOOTSTRAP_DATA: undefined,
    [INSTANCE_MARKER]: instanceId,
  };
}

function sendBootstrap({bootstrap: {token, secrets, storages}}: LaunchSpec, fd: number): Socket {
  const socket = new Socket({fd, readable: false, writable: true});
  // EPIPE: an app may ignore file descriptor 3, or end before it has read all of it.
  socket.on('error', () => {});
  socket.end(JSON.stringify({token, secrets, storages}));
  return socket;
}
