// The access log: one JSON line for each request. Lines are gathered and written in batches, so that a request costs no
// system call of its own; what a slow reader does not take is dropped and counted, never waited for.

import type {Session} from './session.js';

export type AccessLogOptions = {
  /** Writes whole lines; `done` is called when they are out, with an error when they never will be. */
  readonly write: (lines: string, done: (error?: Error | null) => void) => void;
  /** Told how many lines were dropped, once the reader takes lines again. */
  readonly onDropped: (count: number) => void;
};

export type AccessLog = {
  /** Notes a line, its line end included. Never waits. */
  add(line: string): void;
  /** Resolves when all that was noted is out, or cannot be written. */
  flush(): Promise<void>;
};

/** How long a line may wait for others to be written with. */
const BATCH_MS = 100;
/** Lines are written before that when there are so many characters of them. */
const BATCH_LENGTH = 64 * 1024;
/** Kept for a reader that is slow: about five thousand lines. */
const MAX_KEPT_LENGTH = 1024 * 1024;
/**
 * Up to PIPE_BUF (4,096 on Linux, 512 elsewhere at least) a write to a pipe is whole: lines of several workers that share
 * one are never torn. Characters are bytes here, as a line is all ASCII.
 */
const WRITE_LENGTH = 4_096;

export function createAccessLog({write, onDropped}: AccessLogOptions): AccessLog {
  let kept: string[] = [];
  let keptLength = 0;
  let dropped = 0;
  let timer: NodeJS.Timeout | undefined;
  let isWriting = false;
  let isBroken = false;
  let idle: (() => void)[] = [];

  function add(line: string): void {
    if (isBroken) return;
    if (keptLength + line.length > MAX_KEPT_LENGTH) {
      dropped += 1;
      return;
    }
    kept.push(line);
    keptLength += line.length;
    if (keptLength >= BATCH_LENGTH) writeKept();
    else timer ??= setTimeout(writeKept, BATCH_MS);
  }

  function writeKept(): void {
    clearTimeout(timer);
    timer = undefined;
    if (!isWriting) writeNext();
  }

  function writeNext(): void {
    const lines = takeLines();
    isWriting = lines !== '';
    if (isWriting) write(lines, afterWrite);
    else becomeIdle();
  }

  function takeLines(): string {
    let count = 0;
    let length = 0;
    for (const line of kept) {
      if (count > 0 && length + line.length > WRITE_LENGTH) break;
      count += 1;
      length += line.length;
    }
    keptLength -= length;
    return kept.splice(0, count).join('');
  }

  function afterWrite(error?: Error | null): void {
    if (error) giveUp();
    if (dropped > 0 && !isBroken) {
      onDropped(dropped);
      dropped = 0;
    }
    writeNext();
  }

  /** The reader is gone; the requests go on. */
  function giveUp(): void {
    isBroken = true;
    kept = [];
    keptLength = 0;
  }

  function becomeIdle(): void {
    for (const resolve of idle) resolve();
    idle = [];
  }

  return {
    add,
    flush: () =>
      new Promise(resolve => {
        idle.push(resolve);
        writeKept();
      }),
  };
}

/** A longer target is cut off in the log, so that a line fits in one write even where every character is escaped. */
const MAX_TARGET_LENGTH = 1_500;

export type AccessDetails = {
  /** Milliseconds from the request's head to its end. */
  readonly durationMs: number;
  /** When it ended, in milliseconds since the epoch. */
  readonly now: number;
  readonly pid: number;
};

/** One request as a line of JSON. Values of header fields are not in it, but the target is, with its query. */
export function renderAccessLine(session: Session<unknown>, {durationMs, now, pid}: AccessDetails): string {
  const {client, request, upstream} = session;
  const target =
    request.target.length > MAX_TARGET_LENGTH ? `${request.target.slice(0, MAX_TARGET_LENGTH)}...` : request.target;
  const to =
    upstream === undefined
      ? 'null'
      : `"${upstream.host.includes(':') ? `[${upstream.host}]` : upstream.host}:${upstream.port}"`;
  return `{"type":"request","time":"${isoTime(now)}","pid":${pid},"client":"${client.address}","method":"${request.method}","host":${JSON.stringify(request.host)},"target":${JSON.stringify(target)},"httpVersion":"${client.httpVersion}","status":${session.status},"outcome":"${session.outcome}","bytesReceived":${session.bytesReceived},"bytesSent":${session.bytesSent},"durationMs":${Math.round(durationMs * 1_000) / 1_000},"upstream":${to},"attempts":${session.attempts}}\n`;
}

let lastTime = 0;
let lastText = '';

/** Requests come many to a millisecond, and the text is not cheap. */
function isoTime(now: number): string {
  if (now === lastTime) return lastText;
  lastTime = now;
  lastText = new Date(now).toISOString();
  return lastText;
}
