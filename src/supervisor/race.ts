import {once} from 'node:events';
import type {Clock} from '../system/clock.js';

/** Resolves when the signal aborts. Given up (rejected, listener removed) when `until` aborts first. */
export async function aborted(signal: AbortSignal, until: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort', {signal: until});
}

/** The promise's own outcome, or a rejection with the signal's reason if it aborts first. What was promised goes on. */
export async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const over = new AbortController();
  const leaving = aborted(signal, over.signal).then(() => Promise.reject(signal.reason));
  try {
    return await Promise.race([promise, leaving]);
  } finally {
    over.abort();
  }
}

/** Whether the work was done within `ms`. Its signal aborts when nobody waits for it any more. */
export async function within(
  ms: number,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<unknown>,
): Promise<boolean> {
  const over = new AbortController();
  try {
    return await Promise.race([work(over.signal).then(() => true), clock.sleep(ms, over.signal).then(() => false)]);
  } finally {
    over.abort();
  }
}
