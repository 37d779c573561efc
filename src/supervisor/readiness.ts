import type {Readable} from 'node:stream';
import type {Clock} from '../system/clock.js';
import type {Exit} from './instance.js';
import {aborted} from './race.js';

/** How waiting for a new process to become ready ended. */
export type Readiness =
  | {readonly outcome: 'ready'; readonly port: number}
  | {readonly outcome: 'line-invalid'; readonly line: string}
  | {readonly outcome: 'exited'; readonly exit: Exit}
  | {readonly outcome: 'timed-out'; readonly isPipeClosed: boolean}
  | {readonly outcome: 'cancelled'};

export type ReadinessOptions = {
  /** Our end of the app's file descriptor 4. It is read on after the answer, so that a second line does not fail. */
  readonly pipe: Readable;
  readonly exited: Promise<Exit>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
};

/** A port and its newline fit in 6. More than this without a newline is something else. */
export const MAX_READY_LINE_BYTES = 64;

/**
 * Waits until the process says that it listens, or cannot any more; the first cause wins. An end of file without a line
 * decides nothing, as only the process's end or the deadline show that no port will come, but the deadline tells of it.
 */
export async function awaitReadiness(options: ReadinessOptions, clock: Clock): Promise<Readiness> {
  const {pipe, exited, timeoutMs, signal} = options;
  const settled = new AbortController();
  const line = readFirstLine(pipe);
  try {
    return await Promise.race([
      line.text.then(parseReadyLine),
      exited.then((exit): Readiness => ({outcome: 'exited', exit})),
      clock
        .sleep(timeoutMs, settled.signal)
        .then((): Readiness => ({outcome: 'timed-out', isPipeClosed: pipe.readableEnded})),
      aborted(signal, settled.signal).then((): Readiness => ({outcome: 'cancelled'})),
    ]);
  } finally {
    settled.abort();
    line.stop();
  }
}

/** Accepts one decimal number from 1 to 65535, spaces around it aside. */
export function parseReadyLine(line: string): Readiness & {outcome: 'ready' | 'line-invalid'} {
  const port = /^\d+$/.test(line.trim()) ? Number(line) : 0;
  return port >= 1 && port <= 65_535 ? {outcome: 'ready', port} : {outcome: 'line-invalid', line};
}

/** `text` never settles if the pipe ends without a line, or `stop` is called before one. */
function readFirstLine(pipe: Readable): {readonly text: Promise<string>; stop(): void} {
  let received = '';
  let stop = (): void => {};
  const text = new Promise<string>(resolve => {
    const onData = (chunk: Buffer): void => {
      received = (received + chunk.toString('latin1')).slice(0, MAX_READY_LINE_BYTES + 1);
      if (received.includes('\n')) resolve(received.slice(0, received.indexOf('\n')));
      else if (received.length > MAX_READY_LINE_BYTES) resolve(received);
    };
    const onEnd = (): void => {
      if (received !== '') resolve(received);
    };
    pipe.on('data', onData).once('end', onEnd);
    stop = () => pipe.off('data', onData).off('end', onEnd).resume();
  });
  return {text, stop};
}
