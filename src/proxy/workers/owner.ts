// The owner of workers: processes of one program that share the listening sockets. The kernel gives each connection to
// one of those that wait for it, so that none passes through the owner, and a socket stays open while any worker has it.
// Whatever there is one of (the authority, the health checks, the keys of tickets) is here, and reaches the workers as
// snapshots.

import cluster, {type Worker} from 'node:cluster';
import {TakoError} from '../../system/error.js';
import {
  fromSentError,
  type OwnerMessage,
  type Question,
  type SentError,
  toSentError,
  type WorkerMessage,
} from './messages.js';
import {decideReplacement, isFastDeath, MAX_FAST_DEATHS} from './replacement.js';

export type WorkersOptions<Snapshot, Note> = {
  /** The workers' program: a file that calls `runWorker`. */
  readonly file: string;
  readonly count: number;
  /** What they begin with. It has to survive a structured clone. */
  readonly snapshot: Snapshot;
  readonly answer: (question: Question) => Promise<unknown>;
  /** Told what a worker notes. */
  readonly onNote: (note: Note) => void;
  /** Told of a worker that ended by itself, before it is replaced. */
  readonly onDeath: (death: WorkerDeath) => void;
};

export type WorkerDeath = {readonly pid: number; readonly code: number | null; readonly signal: string | null};

export type Workers<Snapshot> = {
  /** Of those that serve. */
  readonly pids: readonly number[];
  /** Gives every worker, and each that is to come, a new snapshot. */
  publish(snapshot: Snapshot): void;
  /** Resolves with WORKERS_FAILED when they die as fast as they are replaced; none runs then. */
  readonly failed: Promise<TakoError>;
  /** Each stops accepting, lets requests end for up to `graceMs`, and ends. */
  drain(graceMs: number): Promise<void>;
  /** Ends them at once. */
  close(): Promise<void>;
};

/** What a worker may take beyond its grace period before it is killed: to write out its log and end. */
const END_MS = 2_000;

/** Starts the workers; there is one owner per process. Resolves when all serve. Throws what kept one from serving. */
export async function startWorkers<Snapshot, Note>(
  options: WorkersOptions<Snapshot, Note>,
): Promise<Workers<Snapshot>> {
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  cluster.setupPrimary({
    exec: options.file,
    args: [],
    // Keys and certificates travel as bytes.
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const owner = new Owner(options);
  await owner.start();
  return owner;
}

/** A worker as its owner sees it. */
type Running = {readonly worker: Worker; readyAt: number | undefined};

class Owner<Snapshot, Note> implements Workers<Snapshot> {
  readonly failed: Promise<TakoError>;
  readonly #options: WorkersOptions<Snapshot, Note>;
  readonly #running = new Set<Running>();
  readonly #replacements = new Set<NodeJS.Timeout>();
  /** Those that wait for something to become true. */
  readonly #watchers: (() => void)[] = [];
  readonly #fail: (error: TakoError) => void;
  #snapshot: Snapshot;
  #isEnding = false;
  #fastDeaths = 0;
  #lastError: SentError | undefined;

  constructor(options: WorkersOptions<Snapshot, Note>) {
    const {promise, resolve} = Promise.withResolvers<TakoError>();
    this.#options = options;
    this.#snapshot = options.snapshot;
    this.failed = promise;
    this.#fail = resolve;
  }

  get pids(): readonly number[] {
    return [...this.#running].filter(({readyAt}) => readyAt !== undefined).map(({worker}) => pidOf(worker));
  }

  async start(): Promise<void> {
    for (let count = 0; count < this.#options.count; count++) this.#fork();
    const isDecided = this.#until(() => this.pids.length === this.#options.count || this.#lastError !== undefined);
    const failure = await Promise.race([isDecided, this.failed]);
    const error = this.#lastError === undefined ? failure : fromSentError(this.#lastError);
    if (error === undefined) return;
    await this.close();
    throw error;
  }

  publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const {worker} of this.#running) send(worker, {type: 'snapshot', snapshot});
  }

  async drain(graceMs: number): Promise<void> {
    this.#stopReplacing();
    const late = setTimeout(() => this.#kill(), graceMs + END_MS);
    for (const {worker} of this.#running) send(worker, {type: 'drain', graceMs});
    await this.#until(() => this.#running.size === 0);
    clearTimeout(late);
  }

  async close(): Promise<void> {
    this.#stopReplacing();
    this.#kill();
    await this.#until(() => this.#running.size === 0);
  }

  #fork(): void {
    const worker = cluster.fork();
    const running: Running = {worker, readyAt: undefined};
    this.#running.add(running);
    worker.on('message', (message: WorkerMessage<Note>) => this.#receive(running, message));
    // What could not be sent to a worker that is gone; its exit says the rest.
    worker.on('error', () => undefined);
    worker.once('exit', (code, signal) => this.#bury(running, {pid: pidOf(worker), code, signal}));
    send(worker, {type: 'snapshot', snapshot: this.#snapshot});
  }

  #receive(running: Running, message: WorkerMessage<Note>): void {
    switch (message.type) {
      case 'ready':
        running.readyAt = Date.now();
        this.#tellWatchers();
        break;
      case 'failed':
        this.#lastError = message.error;
        this.#tellWatchers();
        break;
      case 'ask':
        void this.#answer(running.worker, message);
        break;
      case 'note':
        this.#options.onNote(message.note);
    }
  }

  async #answer(worker: Worker, {id, question}: Extract<WorkerMessage<Note>, {type: 'ask'}>): Promise<void> {
    try {
      send(worker, {type: 'answer', id, value: await this.#options.answer(question)});
    } catch (error) {
      send(worker, {type: 'refusal', id, error: toSentError(error)});
    }
  }

  #bury(running: Running, death: WorkerDeath): void {
    this.#running.delete(running);
    if (!this.#isEnding) this.#replace(running, death);
    this.#tellWatchers();
  }

  #replace({readyAt}: Running, death: WorkerDeath): void {
    this.#options.onDeath(death);
    this.#fastDeaths = isFastDeath(readyAt, Date.now()) ? this.#fastDeaths + 1 : 0;
    const decision = decideReplacement(this.#fastDeaths);
    if (decision.action === 'give-up') return void this.#giveUp(death);
    const timer = setTimeout(() => {
      this.#replacements.delete(timer);
      this.#fork();
    }, decision.afterMs);
    this.#replacements.add(timer);
  }

  async #giveUp({code, signal}: WorkerDeath): Promise<void> {
    const problem = this.#lastError === undefined ? [] : [this.#lastError.message];
    const error = new TakoError('WORKERS_FAILED', `${MAX_FAST_DEATHS} workers in a row ended as soon as they began`, {
      details: [...problem, `the last one ended with ${signal ?? `code ${code}`}`],
      hint: 'what they wrote says why',
    });
    await this.close();
    this.#fail(error);
  }

  #stopReplacing(): void {
    this.#isEnding = true;
    for (const timer of this.#replacements) clearTimeout(timer);
  }

  #kill(): void {
    for (const {worker} of this.#running) worker.process.kill('SIGKILL');
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>(resolve => this.#watchers.push(resolve));
  }

  #tellWatchers(): void {
    for (const resolve of this.#watchers.splice(0)) resolve();
  }
}

const pidOf = (worker: Worker): number => worker.process.pid ?? 0;

/** A worker that is gone, or about to be, hears nothing more. */
function send<Snapshot>(worker: Worker, message: OwnerMessage<Snapshot>): void {
  if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => undefined);
}
