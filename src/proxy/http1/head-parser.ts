// The parser of heads: request lines, status lines, and the fields behind them.
//
// Strict by design: what could be read in two ways is refused, never repaired. It reads a head in one pass over the bytes
// and makes three strings of it: method, target, and the fields as one text with marks (see header-fields.ts). Given only
// a part of a head it says so and is asked again when there is more (head-buffer.ts sees to it that this is not often).

import {
  CONNECTION,
  CONTENT_LENGTH,
  EXPECT,
  HOST,
  isNamed,
  kindOfBytes,
  kindOfName,
  TRANSFER_ENCODING,
  UPGRADE,
} from '../field-kinds.js';
import {HeaderFields} from '../header-fields.js';
import {COLON, CR, IN_TARGET, IN_TOKEN, IN_VALUE, IS_UNDERSCORE, LF, SPACE, TAB} from './characters.js';
import type {Refusal} from './refusal.js';
import * as refusals from './refusal.js';

/** The head goes on in bytes that have not come. */
export const INCOMPLETE = 0;
/** The head is refused; `refusal` says why. */
export const REFUSED = -1;

/** What the Connection fields say, as far as it is worth knowing before they are read. */
export const NO_CONNECTION = 0;
export const KEEP_ALIVE = 1;
export const TO_BE_READ = 2;

/** Content-Length was not there. */
export const NO_LENGTH = -1;

/** The longest method in any registry has 17 characters. */
const MAX_METHOD_BYTES = 64;
/** 10^15 bytes is more than any body, and every such number is exact in JavaScript. */
const MAX_LENGTH_DIGITS = 15;

const DIGIT_0 = 0x30;
const DIGIT_9 = 0x39;
const CHUNKED = 'chunked';

export type HeadLimits = {readonly fields: number; readonly targetBytes: number};

/** Reads one head after the other; the results stand in its properties until the next. */
export class HeadParser {
  refusal: Refusal = refusals.BAD_REQUEST_LINE;
  method = '';
  target = '';
  /** 0 or 1. */
  minorVersion = 1;
  status = 0;
  reason = '';
  fields = new HeaderFields();
  contentLength = NO_LENGTH;
  isChunked = false;
  hosts = 0;
  connection: typeof NO_CONNECTION | typeof KEEP_ALIVE | typeof TO_BE_READ = NO_CONNECTION;
  hasExpect = false;
  hasUpgrade = false;

  readonly #limits: HeadLimits;

  constructor(limits: HeadLimits) {
    this.#limits = limits;
  }

  /** Reads a request's head. Returns where it ends, INCOMPLETE or REFUSED. */
  parseRequest(buffer: Buffer, start: number): number {
    let position = this.#parseMethod(buffer, start);
    if (position <= 0) return position;
    position = this.#parseTarget(buffer, position);
    if (position <= 0) return position;
    position = this.#parseRequestVersion(buffer, position);
    if (position <= 0) return position;
    return this.parseFields(buffer, position);
  }

  /** Reads a response's head. Returns where it ends, INCOMPLETE or REFUSED. */
  parseResponse(buffer: Buffer, start: number): number {
    const position = this.#parseStatusLine(buffer, start);
    return position <= 0 ? position : this.parseFields(buffer, position);
  }

  /** Reads fields up to and including the empty line behind them. */
  parseFields(buffer: Buffer, start: number): number {
    const end = buffer.length;
    const marks: number[] = [];
    let kinds = 0;
    let position = start;
    this.#resetFraming();
    for (let count = 0; ; count++) {
      if (position >= end) return INCOMPLETE;
      const first = buffer[position] as number;
      if (first === CR) break;
      if (count === this.#limits.fields) return this.#refuse(refusals.TOO_MANY_FIELDS);
      const line = position;
      let seen = 0;
      while (position < end) {
        const token = IN_TOKEN[buffer[position] as number] as number;
        if (token === 0) break;
        seen |= token;
        position++;
      }
      if (position === end) return INCOMPLETE;
      if (buffer[position] !== COLON || position === line) return this.#refuse(badName(buffer, line, position));
      const nameEnd = position;
      position++;
      while (position < end && (buffer[position] === SPACE || buffer[position] === TAB)) position++;
      const value = position;
      while (position < end && IN_VALUE[buffer[position] as number] !== 0) position++;
      let valueEnd = position;
      while (valueEnd > value && (buffer[valueEnd - 1] === SPACE || buffer[valueEnd - 1] === TAB)) valueEnd--;
      position = this.#passLineEnd(buffer, position);
      if (position <= 0) return position;
      let kind = kindOfBytes(buffer, line, nameEnd);
      if ((seen & IS_UNDERSCORE) !== 0) kind = kindOfName(buffer.toString('latin1', line, nameEnd));
      if (kind !== 0 && !this.#noteField(kind, buffer, value, valueEnd)) return REFUSED;
      kinds |= 1 << kind;
      marks.push(kind, line - start, nameEnd - start, value - start, valueEnd - start);
    }
    const fieldsEnd = position;
    position = this.#passLineEnd(buffer, position);
    if (position <= 0) return position;
    this.fields = new HeaderFields(buffer.toString('latin1', start, fieldsEnd), marks, kinds);
    return position;
  }

  #resetFraming(): void {
    this.contentLength = NO_LENGTH;
    this.isChunked = false;
    this.hosts = 0;
    this.connection = NO_CONNECTION;
    this.hasExpect = false;
    this.hasUpgrade = false;
  }

  /** Takes in a field that the engine acts on. False when it is refused. */
  #noteField(kind: number, buffer: Buffer, start: number, end: number): boolean {
    switch (kind) {
      case HOST:
        this.hosts += 1;
        return true;
      case CONNECTION:
        this.connection =
          this.connection === NO_CONNECTION && isNamed(buffer, start, end, 'keep-alive') ? KEEP_ALIVE : TO_BE_READ;
        return true;
      case CONTENT_LENGTH:
        return this.#noteLength(buffer, start, end);
      case TRANSFER_ENCODING:
        return this.#noteEncoding(buffer, start, end);
      case EXPECT:
        this.hasExpect = true;
        return true;
      case UPGRADE:
        this.hasUpgrade = true;
        return true;
      default:
        return true;
    }
  }

  #noteLength(buffer: Buffer, start: number, end: number): boolean {
    if (this.isChunked) return this.#refused(refusals.LENGTH_AND_CHUNKS);
    if (this.contentLength !== NO_LENGTH) return this.#refused(refusals.SEVERAL_LENGTHS);
    if (start === end || end - start > MAX_LENGTH_DIGITS) return this.#refused(refusals.BAD_LENGTH);
    let length = 0;
    for (let index = start; index < end; index++) {
      const byte = buffer[index] as number;
      if (byte < DIGIT_0 || byte > DIGIT_9) return this.#refused(refusals.BAD_LENGTH);
      length = length * 10 + (byte - DIGIT_0);
    }
    this.contentLength = length;
    return true;
  }

  #noteEncoding(buffer: Buffer, start: number, end: number): boolean {
    if (this.contentLength !== NO_LENGTH) return this.#refused(refusals.LENGTH_AND_CHUNKS);
    const isChunked = buffer.toString('latin1', start, end).toLowerCase() === CHUNKED;
    if (this.isChunked || !isChunked) return this.#refused(refusals.BAD_ENCODING);
    this.isChunked = true;
    return true;
  }

  #parseMethod(buffer: Buffer, start: number): number {
    const end = buffer.length;
    let position = start;
    while (position < end && IN_TOKEN[buffer[position] as number] !== 0) position++;
    if (position - start > MAX_METHOD_BYTES) return this.#refuse(refusals.BAD_METHOD);
    if (position === end) return INCOMPLETE;
    if (position === start || buffer[position] !== SPACE) return this.#refuse(refusals.BAD_METHOD);
    this.method = methodOf(buffer, start, position);
    return position + 1;
  }

  #parseTarget(buffer: Buffer, start: number): number {
    const end = buffer.length;
    let position = start;
    while (position < end && IN_TARGET[buffer[position] as number] !== 0) position++;
    if (position - start > this.#limits.targetBytes) return this.#refuse(refusals.TARGET_TOO_LONG);
    if (position === end) return INCOMPLETE;
    if (position === start) return this.#refuse(refusals.BAD_REQUEST_LINE);
    if (buffer[position] !== SPACE) return this.#refuse(refusals.BAD_TARGET);
    this.target = buffer.toString('latin1', start, position);
    return position + 1;
  }

  /** `HTTP/1.0` or `HTTP/1.1` and the end of the line. */
  #parseRequestVersion(buffer: Buffer, start: number): number {
    const position = this.#parseVersion(buffer, start);
    return position <= 0 ? position : this.#passLineEnd(buffer, position);
  }

  #parseVersion(buffer: Buffer, start: number): number {
    const end = Math.min(buffer.length, start + VERSION.length);
    for (let index = start; index < end; index++) {
      if (buffer[index] !== VERSION.charCodeAt(index - start)) return this.#refuse(refusals.BAD_VERSION);
    }
    if (start + VERSION.length >= buffer.length) return INCOMPLETE;
    const minor = (buffer[start + VERSION.length] as number) - DIGIT_0;
    if (minor !== 1 && minor !== 0) return this.#refuse(refusals.BAD_VERSION);
    this.minorVersion = minor;
    return start + VERSION.length + 1;
  }

  #parseStatusLine(buffer: Buffer, start: number): number {
    let position = this.#parseVersion(buffer, start);
    if (position <= 0) return position;
    if (position + 4 >= buffer.length) return INCOMPLETE;
    if (buffer[position] !== SPACE) return this.#refuse(refusals.BAD_STATUS_LINE);
    this.status = statusOf(buffer, position + 1);
    if (this.status === 0) return this.#refuse(refusals.BAD_STATUS_LINE);
    position += 4;
    // The space before an empty reason is often left out.
    if (buffer[position] === SPACE) position++;
    else if (buffer[position] !== CR) return this.#refuse(refusals.BAD_STATUS_LINE);
    const reason = position;
    while (position < buffer.length && IN_VALUE[buffer[position] as number] !== 0) position++;
    this.reason = isOk(buffer, reason, position) ? 'OK' : buffer.toString('latin1', reason, position);
    return this.#passLineEnd(buffer, position);
  }

  /** CR and LF, and nothing else that could be taken for the end of a line. */
  #passLineEnd(buffer: Buffer, position: number): number {
    if (position >= buffer.length) return INCOMPLETE;
    const byte = buffer[position];
    if (byte !== CR) return this.#refuse(byte === LF ? refusals.BARE_LINE_END : refusals.BAD_FIELD_VALUE);
    if (position + 1 >= buffer.length) return INCOMPLETE;
    return buffer[position + 1] === LF ? position + 2 : this.#refuse(refusals.BARE_LINE_END);
  }

  #refuse(refusal: Refusal): number {
    this.refusal = refusal;
    return REFUSED;
  }

  #refused(refusal: Refusal): false {
    this.refusal = refusal;
    return false;
  }
}

const VERSION = 'HTTP/1.';

function badName(buffer: Buffer, line: number, position: number): Refusal {
  const first = buffer[line];
  if (first === SPACE || first === TAB) return refusals.FOLDED_LINE;
  return buffer[position] === LF ? refusals.BARE_LINE_END : refusals.BAD_FIELD_NAME;
}

/** Most requests are GETs, and a constant costs no allocation. */
function methodOf(buffer: Buffer, start: number, end: number): string {
  const isGet = end - start === 3 && buffer[start] === 0x47 && buffer[start + 1] === 0x45 && buffer[start + 2] === 0x54;
  return isGet ? 'GET' : buffer.toString('latin1', start, end);
}

/** As with GET: most answers are "OK". */
const isOk = (buffer: Buffer, start: number, end: number): boolean =>
  end - start === 2 && buffer[start] === 0x4f && buffer[start + 1] === 0x4b;

/** Three digits from 100 to 599, or 0. */
function statusOf(buffer: Buffer, start: number): number {
  let status = 0;
  for (let index = start; index < start + 3; index++) {
    const digit = (buffer[index] as number) - DIGIT_0;
    if (digit < 0 || digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status >= 100 && status <= 599 ? status : 0;
}
