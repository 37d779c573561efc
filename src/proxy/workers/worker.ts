// A worker: serves with what its owner sends, asks it for what it cannot do itself, and never outlives it.

import {fromSentError, type OwnerMessage, type Question, type SentError, toSentError, type WorkerMessage} from './messages.js';

/** A worker's owner, as the worker sees it. */
export type Owner<Note> = {
  /** Rejects with what the owner could not do. */
  ask(question: Question): Promise<unknown>;
  /** Tells without waiting. */
  note(note: Note): void;
};

/** What a worker's program runs once it has its first snapshot. */
export type Serving<Snapshot> = {
  /** Takes a newer snapshot. */
  use(snapshot: Snapshot): void;
  /** Stops accepting, lets requests end for up to `graceMs`, cuts what is left. The process ends then. */
  drain(graceMs: number): Promise<void>;
};

export type StartServing<Snapshot, Note> = (snapshot: Snapshot, owner: Owner<Note>) => Promise<Serving<Snapshot>>;

/** Signals of a terminal or a service manager reach every process of a group; the owner says when this one ends. */
const SIGNALS_OF_THE_OWNER = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Makes this process a worker: the one thing that the file given to `startWorkers` does. */
export function runWorker<Snapshot, Note>(start: StartServing<Snapshot, Note>): void {
  const channel = openChannel<Note>();
  let latest: Snapshot | undefined;
  let serving: Promise<Serving<Snapshot>> | undefined;

  function use(snapshot: Snapshot): void {
    latest = snapshot;
    if (serving === undefined) begin(snapshot);
    else void serving.then(ready => ready.use(snapshot)).catch(() => undefined);
  }

  function begin(snapshot: Snapshot): void {
    serving = start(snapshot, channel);
    serving.then(
      () => channel.send({type: 'ready'}),
      error => channel.send({type: 'failed', error: toSentError(error)}, () => process.exit(1)),
    );
  }

  async function drain(graceMs: number): Promise<void> {
    const ready = await serving;
    await ready?.drain(graceMs);
    process.exit(0);
  }

  for (const signal of SIGNALS_OF_THE_OWNER) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: OwnerMessage<Snapshot>) => {
    if (message.type === 'snapshot') use(message.snapshot);
    else if (message.type === 'drain') void drain(message.graceMs);
    else channel.settle(message);
  });
}
