// Ctrl-C, a kill, and a terminal that goes away. By themselves they end a process on the spot, and its 'exit' listeners
// are not called; here they end it in order, or whoever is in the middle of something is told first.

import {constants} from 'node:os';
import {TakoError} from './error.js';

const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const;

export type Interruption = {
  /** Aborts at the first signal, with INTERRUPTED. */
  readonly signal: AbortSignal;
  /** As a signal does. */
  readonly interrupt: () => void;
  /** From now on a signal ends the process again. */
  close(): void;
};

let listening: AbortController | undefined;
let isSetUp = false;

/** Has signals end the process as `process.exit` does, with 128 and the signal's number. Doing it twice is doing it once. */
export function exitAtSignals(): void {
  if (isSetUp) return;
  isSetUp = true;
  for (const name of SIGNALS) process.on(name, () => interrupted(name));
}

/** Until it is closed, the first signal only says so; the second one ends the process. One at a time. */
export function listenForInterruption(): Interruption {
  exitAtSignals();
  const controller = new AbortController();
  listening = controller;
  return {
    signal: controller.signal,
    interrupt: () => interrupted('SIGINT'),
    close() {
      if (listening === controller) listening = undefined;
    },
  };
}

function interrupted(name: (typeof SIGNALS)[number]): void {
  if (listening && !listening.signal.aborted) listening.abort(new TakoError('INTERRUPTED', 'it was interrupted'));
  else process.exit(128 + constants.signals[name]);
}
