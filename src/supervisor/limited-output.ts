// Reads the output of an app that may write without end. Such an app must not keep anything else in this process waiting:
// an output is read at most every few milliseconds, however many small writes it came in, and no more at a time than a pipe
// holds. An app that is faster than that waits in its own writes, as it does on a slow terminal. What is read and is more
// than the limits is passed over and counted; see flood-gate.ts.

import type {Readable} from 'node:stream';
import {setImmediate as nextTurn} from 'node:timers/promises';
import type {Clock} from '../system/clock.js';
import {createDeferred} from './deferred.js';
import {createFloodGate, OUTPUT_LIMITS, type OutputLimits} from './flood-gate.js';
import {createLineReader, TURN_BYTES} from './output.js';

export type OutputListener = {
  readonly onLine: (text: string) => void;
  /** So many lines were not kept that came before the next one. */
  readonly onDropped: (count: number) => void;
};

/**
 * Between two reads. The 64 KiB of a Linux pipe (pipe(7)) are 8 MB/s at this pace; and a program that writes 50,000 lines a
 * second one by one wakes us 125 times instead of 50,000.
 */
const READ_EVERY_MS = 8;

/** So many reads are done at once before that: what an app says when it starts stands in the log before what it leads to. */
const QUICK_READS = 64;

/** Reads a stream to its end. Resolves when it has ended or closed; rejects with what a listener throws. */
export async function readLimitedOutput(
  stream: Readable,
  {onLine, onDropped}: OutputListener,
  clock: Clock,
  limits: OutputLimits = OUTPUT_LIMITS,
): Promise<void> {
  const reader = createLineReader(onLine);
  const gate = createFloodGate(limits, clock.now());
  let dropped = 0;
  const mayRead = createPace(clock);

  async function take({skipped, kept}: ReturnType<typeof gate.admit>): Promise<void> {
    dropped += reader.skip(skipped);
    if (kept.length === 0) return;
    sayDropped();
    for (let start = 0; start < kept.length; start += TURN_BYTES) {
      reader.write(kept.subarray(start, start + TURN_BYTES));
      await nextTurn();
    }
  }
  function sayDropped(): void {
    if (dropped > 0) onDropped(dropped);
    dropped = 0;
  }

  const source = listenTo(stream);
  try {
    for (;;) {
      await (gate.isHolding ? clock.sleep(READ_EVERY_MS) : source.untilChanged());
      await mayRead();
      const now = clock.now();
      const chunk: Buffer | null = stream.read();
      if (chunk !== null) await take(gate.admit(chunk, now));
      else if (source.isOver()) break;
      if (gate.isDue(now)) await take(gate.release(now));
    }
    await take(gate.release(clock.now()));
    sayDropped();
    reader.end();
  } catch (error) {
    stream.destroy();
    throw error;
  }
}

/** Resolves when the next read may be done. */
function createPace(clock: Clock): () => Promise<void> {
  let reads = QUICK_READS;
  let countedAt = clock.now();
  return async () => {
    const now = clock.now();
    reads = Math.min(QUICK_READS, reads + Math.max(0, now - countedAt) / READ_EVERY_MS) - 1;
    countedAt = now;
    if (reads < 0) await clock.sleep(-reads * READ_EVERY_MS);
  };
}

/** Waiting for a stream that is read by hand. A broken pipe, and our own closing, end it like any other end. */
function listenTo(stream: Readable) {
  let isOver = stream.destroyed || stream.readableEnded;
  let changed = createDeferred<void>();
  const change = (): void => changed.resolve();
  const finish = (): void => {
    isOver = true;
    change();
  };
  stream.on('readable', change).once('end', finish).once('close', finish).on('error', finish);
  return {
    isOver: () => isOver,
    /** Resolves when there may be something to read, and from the end on. */
    async untilChanged(): Promise<void> {
      if (!isOver) await changed.promise;
      changed = createDeferred();
    },
  };
}
