import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync} from 'node:fs';
import {Socket} from 'node:net';
import {closeReport, openContractPipes, type Pipe} from '../../src/supervisor/contract-pipes.js';
import type {Exit} from '../../src/supervisor/instance.js';

/** An app with both ends of its contract in a test's hands: nothing of tako's stands between. */
export type ContractApp = {
  readonly pid: number;
  /** Our end of its file descriptor 3. */
  readonly document: Socket;
  /** What it writes to file descriptor 4, as soon as there is a line; what there is when it closes it without one. */
  readonly readyText: Promise<string>;
  /** It has closed that descriptor. */
  readonly readyClosed: Promise<void>;
  /** The port it says it listens on. Rejects when it ends first. */
  port(): Promise<number>;
  /** Closes our end of its file descriptor 4. */
  stopReading(): void;
  /** What it has written so far, of both streams. */
  output(): string;
  readonly exited: Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
  /** Kills it, if it still runs, and lets go of everything. */
  close(): Promise<void>;
};

export type StartOptions = {
  readonly directory?: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** What it is given on file descriptor 3. Undefined: the test writes it itself. */
  readonly document?: string | undefined;
};

export async function startContractApp(
  [program = '', ...args]: readonly string[],
  {directory, environment = {}, document}: StartOptions = {},
): Promise<ContractApp> {
  const pipes = await openContractPipes();
  const child = spawn(program, args, {
    cwd: directory,
    env: {PATH: process.env.PATH, HOME: process.env.HOME, PORT: '0', HOST: '127.0.0.1', NO_COLOR: '1', ...environment},
    stdio: ['ignore', 'pipe', 'pipe', pipes.bootstrap.read, pipes.readiness.write],
  });
  for (const unused of [pipes.stdout, pipes.stderr]) closePipe(unused);
  closeReport(pipes.report);
  closeSync(pipes.bootstrap.read);
  closeSync(pipes.readiness.write);
  const ours = {
    document: new Socket({fd: pipes.bootstrap.write, readable: false, writable: true}),
    ready: new Socket({fd: pipes.readiness.read, readable: true, writable: false}),
  };
  ours.document.on('error', () => {});
  if (document !== undefined) ours.document.end(document);
  return attend(child, ours);
}

function attend(
  child: ChildProcess,
  {document, ready}: {readonly document: Socket; readonly ready: Socket},
): ContractApp {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (output += chunk));
  const exited = once(child, 'close').then(([code, signal]): Exit => ({code, signal}));
  const {readyText, readyClosed} = readReady(ready);
  return {
    pid: child.pid ?? 0,
    document,
    readyText,
    readyClosed,
    async port() {
      const line = await readyText;
      if (/^\d+\n$/.test(line)) return Number(line);
      await exited;
      throw new Error(`it said ${JSON.stringify(line)} on file descriptor 4 and wrote:\n${output}`);
    },
    stopReading: () => void ready.destroy(),
    output: () => output,
    exited,
    signal: signal => void child.kill(signal),
    async close() {
      child.kill('SIGKILL');
      await exited;
      document.destroy();
      ready.destroy();
    },
  };
}

function readReady(ready: Socket): Pick<ContractApp, 'readyText' | 'readyClosed'> {
  let written = '';
  ready.on('error', () => {});
  const readyClosed = once(ready, 'close').then(() => {});
  const readyText = new Promise<string>(resolve => {
    ready.setEncoding('latin1').on('data', chunk => {
      written += chunk;
      if (written.includes('\n')) resolve(written);
    });
    void readyClosed.then(() => resolve(written));
  });
  return {readyText, readyClosed};
}

function closePipe({read, write}: Pipe): void {
  closeSync(read);
  closeSync(write);
}

/** A document as tako writes it. */
export const documentOf = (secrets: Readonly<Record<string, string>> = {}, token = 'the-token'): string =>
  JSON.stringify({token, secrets, storages: {}});

/** Starts apps and closes all of them at once. */
export function createApps() {
  const apps: ContractApp[] = [];
  return {
    async start(command: readonly string[], options?: StartOptions): Promise<ContractApp> {
      const app = await startContractApp(command, options);
      apps.push(app);
      return app;
    },
    async close(): Promise<void> {
      await Promise.all(apps.splice(0).map(app => app.close()));
    },
  };
}
