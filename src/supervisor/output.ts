// An app's output, from bytes to lines that are safe to show.
//
// Lines end at \n; \r before it belongs to it. A \r elsewhere begins the line anew, as a
// progress bar does on a terminal: only what follows the last one is kept (a terminal
// would let longer old text show behind it). A line is kept until its \n or the end of
// the output, however long that takes. Neither byte occurs inside a UTF-8 character, so
// lines are cut from bytes, and decoded and cleaned whole: it makes no difference how the
// bytes were split on their way here.

import type {Readable} from 'node:stream';
import {StringDecoder} from 'node:string_decoder';
import {setImmediate as nextTurn} from 'node:timers/promises';
import {createDeferred} from './deferred.js';
import {countLines} from './flood-gate.js';

/** What is kept of one line. The rest is counted, not stored. */
export const MAX_LINE_BYTES = 16 * 1024;

export type LineReader = {
  write(chunk: Buffer): void;
  /**
   * Reads on without giving lines out, but for one that began in what was written. Returns how many were skipped; one that
   * is not finished is not among them yet.
   */
  skip(chunk: Buffer): number;
  /** Gives out a last line that had no newline. */
  end(): void;
  /** Of the line that is not finished. */
  state(): LineState;
};

/**
 * What is read of one stream before everything else gets a turn: an app that writes without pause must not keep the
 * others waiting. It is held up by its own full pipe instead, and nothing is lost.
 */
export const TURN_BYTES = 8 * 1024;

/** A line that is not finished. */
export type LineState = {
  /** What is kept of it, as base64. */
  readonly bytes: string;
  readonly cutBytes: number;
  /** The last byte was a \r. */
  readonly isReturned: boolean;
};

/** What has been read of a stream and given to nobody, for another reader to go on with. */
export type Remainder = {readonly line: LineState /** As base64. */; readonly unread: string};

export type LineIntake = {
  /** Resolves when the stream has ended or closed, and its last line is given. Rejects with what `onLine` throws. */
  readonly ended: Promise<void>;
  /** Reads no further from this moment on. */
  suspend(): Remainder;
  resume(): void;
};

export type IntakeOptions = {
  /** Resolves when there is room for more lines. */
  readonly room?: () => Promise<void>;
  readonly before?: Remainder;
};

/** Reads a stream to its end, so that whoever writes to it never waits for long. Resolves when it has closed. */
export const readLines = async (stream: Readable, onLine: (text: string) => void): Promise<void> =>
  takeLines(stream, onLine).ended;

/** As `readLines`, by a reader that can be stopped at any moment without losing a byte. */
export function takeLines(
  stream: Readable,
  onLine: (text: string) => void,
  {room = async () => {}, before}: IntakeOptions = {},
): LineIntake {
  const reader = createLineReader(onLine, before?.line);
  const ended = createDeferred<void>();
  let unread = Buffer.from(before?.unread ?? '', 'base64');
  let isOver = false;
  let isReading = false;
  let isSuspended = false;

  /** False when there is nothing to be read at this moment. */
  async function takeTurn(): Promise<boolean> {
    if (unread.length === 0) unread = stream.read() ?? unread;
    if (unread.length === 0) return false;
    const part = unread.subarray(0, TURN_BYTES);
    unread = unread.subarray(TURN_BYTES);
    reader.write(part);
    await nextTurn();
    await room();
    return true;
  }
  async function readOn(): Promise<void> {
    if (isReading) return;
    isReading = true;
    while (!isSuspended && (await takeTurn()));
    isReading = false;
    if (!isOver || isSuspended) return;
    reader.end();
    ended.resolve();
  }
  const read = (): void =>
    void readOn().catch(error => {
      stream.destroy();
      ended.reject(error);
    });
  const finish = (): void => {
    isOver = true;
    read();
  };
  // A broken pipe, and our own closing, end the output like any other end.
  stream.on('readable', read).once('end', finish).once('close', finish).on('error', finish);
  if (stream.destroyed) finish();
  else if (before) read();
  return {
    ended: ended.promise,
    suspend: () => {
      isSuspended = true;
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) unread = Buffer.concat([unread, chunk]);
      return {line: reader.state(), unread: unread.toString('base64')};
    },
    resume: () => {
      isSuspended = false;
      read();
    },
  };
}

export function createLineReader(onLine: (text: string) => void, before?: LineState): LineReader {
  const line = createLine(before);
  /** The line that is not finished began in what was skipped. */
  let isSkipped = false;
  const finish = (): void => {
    onLine(line.text());
    line.restart();
  };
  /** Returns what comes after the first newline; undefined without one. */
  const takeLine = (chunk: Buffer): Buffer | undefined => {
    const end = chunk.indexOf(NEWLINE);
    if (end < 0) return undefined;
    line.append(chunk.subarray(0, end));
    finish();
    return chunk.subarray(end + 1);
  };
  return {
    write: chunk => {
      isSkipped = false;
      let rest = line.isEmpty() ? chunk : (takeLine(chunk) ?? chunk);
      const whole = wholeLines(rest);
      for (const text of whole.texts) onLine(text);
      rest = rest.subarray(whole.end);
      for (let next = takeLine(rest); next; next = takeLine(rest)) rest = next;
      line.append(rest);
    },
    skip: chunk => {
      const end = chunk.lastIndexOf(NEWLINE);
      const rest = end < 0 || line.isEmpty() || isSkipped ? chunk : (takeLine(chunk) ?? chunk);
      isSkipped ||= end >= 0 || line.isEmpty();
      if (end >= 0) line.restart();
      line.append(chunk.subarray(end + 1));
      return countLines(rest);
    },
    end: () => {
      if (!line.isEmpty()) finish();
    },
    state: line.state,
  };
}

/** The fast way, for what most apps write: all lines that are whole here, or none if one may need a closer look. */
function wholeLines(chunk: Buffer): {readonly texts: readonly string[]; readonly end: number} {
  const end = chunk.lastIndexOf(NEWLINE);
  // What fits into one line cannot contain a longer one.
  if (end < 0 || end > MAX_LINE_BYTES || chunk.includes(RETURN)) return {texts: [], end: 0};
  return {texts: chunk.toString('utf8', 0, end).split('\n').map(cleanLine), end: end + 1};
}

const NEWLINE = 0x0a;
const RETURN = 0x0d;

function createLine(before: LineState = {bytes: '', cutBytes: 0, isReturned: false}) {
  const bytes = Buffer.allocUnsafe(MAX_LINE_BYTES);
  let length = bytes.write(before.bytes, 'base64');
  let {cutBytes, isReturned} = before;

  const restart = (): void => {
    length = 0;
    cutBytes = 0;
    isReturned = false;
  };
  const keep = (part: Uint8Array): void => {
    const kept = part.subarray(0, MAX_LINE_BYTES - length);
    bytes.set(kept, length);
    length += kept.length;
    cutBytes += part.length - kept.length;
  };
  const append = (part: Uint8Array): void => {
    const end = lengthWithoutReturns(part);
    if (end > 0) {
      const start = part.lastIndexOf(RETURN, end - 1) + 1;
      if (start > 0 || isReturned) restart();
      keep(part.subarray(start, end));
    }
    isReturned ||= end < part.length;
  };
  const text = (): string => {
    const isCut = cutBytes > 0;
    const clean = cleanLine(decode(bytes.subarray(0, length), isCut));
    return isCut ? `${clean} [${cutBytes} bytes cut]` : clean;
  };
  const state = (): LineState => ({bytes: bytes.toString('base64', 0, length), cutBytes, isReturned});
  return {append, restart, text, state, isEmpty: () => length === 0};
}

function lengthWithoutReturns(part: Uint8Array): number {
  let end = part.length;
  while (end > 0 && part[end - 1] === RETURN) end--;
  return end;
}

/** Invalid bytes become U+FFFD; a character that the cut went through is left out. */
const decode = (bytes: Buffer, isCut: boolean): string =>
  isCut ? new StringDecoder('utf8').write(bytes) : bytes.toString('utf8');

/**
 * Removes whatever could move a cursor, retitle a window or ring: control characters except tab, and escape sequences
 * except plain colours (SGR), by the forms of ECMA-48. One that is not finished ends with its line.
 */
export const cleanLine = (text: string): string =>
  CONTROL.test(text) ? text.replace(UNSAFE, match => (COLOUR.test(match) ? match : '')) : text;

/** What every unsafe sequence has at least one of. */
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;

const COLOUR = /^\x1b\[[\d;:]*m$/;
const CONTROL_SEQUENCE = /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?/;
const CONTROL_STRING = /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x9c|\x1b\\)?/;
const OTHER_ESCAPE = /\x1b[ -/]*[0-~]?/;
const CONTROL_CHARACTER = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/;
const UNSAFE = new RegExp(
  [CONTROL_SEQUENCE, CONTROL_STRING, OTHER_ESCAPE, CONTROL_CHARACTER].map(({source}) => source).join('|'),
  'g',
);
