// A worker: serves with what its owner sends, asks it for what it cannot do itself, and never outlives it.

import {createChannel, type Owner} from './channel.js';
import {type OwnerMessage, toSentError, type WorkerMessage} from './messages.js';

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

/** Makes this process a worker: all that the file given to `startWorkers` does. */
export function runWorker<Snapshot, Note>(start: StartServing<Snapshot, Note>): void {
  const channel = createChannel<Note>(send);
  let serving: Promise<Serving<Snapshot>> | undefined;

  function begin(snapshot: Snapshot): Promise<Serving<Snapshot>> {
    const started = start(snapshot, channel);
    started.then(
      () => send({type: 'ready'}),
      error => send({type: 'failed', error: toSentError(error)}, () => process.exit(1)),
    );
    return started;
  }

  /** A failed start ends the process by itself. */
  function whenServing(act: (serving: Serving<Snapshot>) => void): void {
    serving?.then(act, () => undefined);
  }

  function receive(message: OwnerMessage<Snapshot>): void {
    switch (message.type) {
      case 'snapshot':
        if (serving === undefined) serving = begin(message.snapshot);
        else whenServing(ready => ready.use(message.snapshot));
        break;
      case 'drain':
        whenServing(ready => void ready.drain(message.graceMs).finally(() => process.exit()));
        break;
      default:
        channel.settle(message);
    }
  }

  for (const signal of SIGNALS_OF_THE_OWNER) process.on(signal, () => undefined);
  process.on('disconnect', () => process.exit());
  process.on('message', receive);
}

/** An owner that is gone hears nothing more; this process is about to end then. */
function send<Note>(message: WorkerMessage<Note>, onSent: () => void = () => undefined): void {
  if (process.connected) process.send?.(message, undefined, undefined, onSent);
}
