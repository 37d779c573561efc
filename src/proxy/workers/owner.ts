// The owner of workers: processes of one program that share the listening sockets. The kernel gives each connection to
// one of those that wait for it, so that no connection passes through the owner; a socket is closed when the last process
// that has it ends. Whatever there is one of (the authority, the health checks, the keys of tickets) is here, and reaches
// the workers as snapshots.

import cluster, {type Worker} from 'node:cluster';
import {TakoError} from '../../system/error.js';
import {fromSentError, type OwnerMessage, type Question, type SentError, toSentError, type WorkerMessage} from './messages.js';
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
export async function startWorkers<Snapshot, Note>(options: WorkersOptions<Snapshot, Note>): Promise<Workers<Snapshot>> {
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
  #snapshot: Snapshot;
  #isEnding = false;
  #fastDeaths = 0;
  #lastError: SentError | undefined;
  #onChange: () => void = () => undefined;
  #fail!: (error: TakoError) => void;

  constructor(options: WorkersOptions<Snapshot, Note>) {
    this.#options = options;
    this.#snapshot = options.snapshot;
    const {promise, resolve} = Promise.withResolvers<TakoError>();
    this.failed = promise;
    this.#fail = resolve;
  }

  get pids(): readonly number[] {
    return [...this.#running].filter(({readyAt}) => readyAt !== undefined).map(({worker}) => worker.process.pid ?? 0);
  }

  async start(): Promise<void> {
    for (let count = 0; count < this.#options.count; count++) this.#fork();
    const {promise, resolve} = Promise.withResolvers<void>();
    this.#onChange = () => {
      if (this.pids.length === this.#options.count || this.#lastError !== undefined) resolve();
    };
    const failure = await Promise.race([promise, this.failed]);
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
    await this.#untilNoneRuns();
    clearTimeout(late);
  }

  async close(): Promise<void> {
    this.#stopReplacing();
    this.#kill();
    await this.#untilNoneRuns();
  }

  #fork(): void {
    const worker = cluster.fork();
    const running: Running = {worker, readyAt: undefined};
    this.#running.add(running);
    worker.on('message', (message: WorkerMessage<Note>) => this.#receive(running, message));
    worker.on('error', () => undefined);
    worker.once('exit', (code, signal) => this.#bury(running, {pid: worker.process.pid ?? 0, code, signal}));
    send(worker, {type: 'snapshot', snapshot: this.#snapshot});
  }

  #receive(running: Running, message: WorkerMessage<Note>): void {
    switch (message.type) {
      case 'ready':
        running.readyAt = Date.now();
        return this.#onChange();
      case 'failed':
        this.#lastError = message.error;
        return this.#onChange();
      case 'ask':
        return void this.#answer(running.worker, message);
      case 'note':
        return this.#options.onNote(message.note);
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
    this.#onChange();
  }

  #replace({readyAt}: Running, death: WorkerDeath): void {
    this.#options.onDeath(death);
    this.#fastDeaths = isFastDeath(readyAt, Date.now()) ? this.#fastDeaths + 1 : 0;
    const decision = decideReplacement(this.#fastDeaths);
    if (decision.action === 'give-up') return this.#giveUp(death);
    const timer = setTimeout(() => {
      this.#replacements.delete(timer);
      this.#fork();
    }, decision.afterMs);
    this.#replacements.add(timer);
  }

  #giveUp({code, signal}: WorkerDeath): void {
    const details = this.#lastError === undefined ? [] : [this.#lastError.message];
    const error = new TakoError('WORKERS_FAILED', `${MAX_FAST_DEATHS} workers in a row ended as soon as they began`, {
      details: [...details, `the last one ended with ${signal ?? `code ${code}`}`],
      hint: 'what they wrote says why',
    });
    void this.close().then(() => this.#fail(error));
  }

  #stopReplacing(): void {
    this.#isEnding = true;
    for (const timer of this.#replacements) clearTimeout(timer);
  }

  #kill(): void {
    for (const {worker} of this.#running) worker.process.kill('SIGKILL');
  }

  async #untilNoneRuns(): Promise<void> {
    while (this.#running.size > 0) {
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#onChange = resolve;
      await promise;
    }
  }
}

/** A worker that is gone, or about to be, hears nothing more. */
function send<Snapshot>(worker: Worker, message: OwnerMessage<Snapshot>): void {
  if (worker.isConnected()) worker.process.send(message, undefined, undefined, () => undefined);
}
