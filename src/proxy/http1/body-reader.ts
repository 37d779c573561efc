// Bodies: where one ends (RFC 9112, section 6.3), and chunks taken off it (section 7.1).
//
// As strict as the heads: a chunk size is one to thirteen hex digits, lines end in CR LF, and an extension is skipped, never
// passed on. Body bytes are handed over as slices of what came; nothing is copied.

import {NOT_IN_TRAILERS} from '../field-kinds.js';
import type {HeaderFields} from '../header-fields.js';
import {CR, IN_VALUE, LF} from './characters.js';
import {HeadBuffer} from './head-buffer.js';
import {type HeadParser, INCOMPLETE, REFUSED} from './head-parser.js';

/** What becomes of a body. */
export type BodySink = {
  onBodyData(chunk: Buffer): void;
};

const NONE = 0;
const LENGTH = 1;
const UNTIL_CLOSE = 2;
const SIZE = 3;
const EXTENSION = 4;
const SIZE_END = 5;
const DATA = 6;
const DATA_CR = 7;
const DATA_LF = 8;
const TRAILERS = 9;

const SEMICOLON = 0x3b;
/** 13 hex digits are 2^52: every such size is exact in JavaScript. */
const MAX_SIZE_DIGITS = 13;
/** A chunk's extensions: nobody uses them but to hide something. */
const MAX_EXTENSION_BYTES = 1_024;

export class BodyReader {
  /** The fields behind the last chunk that may be passed on. */
  trailers: HeaderFields | undefined;
  #state = NONE;
  #remaining = 0;
  #digits = 0;
  #extensionBytes = 0;
  #trailerBytes: HeadBuffer | undefined;
  readonly #parser: HeadParser;
  readonly #maxTrailerBytes: number;

  constructor(parser: HeadParser, maxTrailerBytes: number) {
    this.#parser = parser;
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  startEmpty(): void {
    this.#state = NONE;
    this.trailers = undefined;
  }

  startLength(length: number): void {
    this.#state = length === 0 ? NONE : LENGTH;
    this.#remaining = length;
    this.trailers = undefined;
  }

  startChunked(): void {
    this.#state = SIZE;
    this.#remaining = 0;
    this.#digits = 0;
    this.trailers = undefined;
  }

  startUntilClose(): void {
    this.#state = UNTIL_CLOSE;
    this.trailers = undefined;
  }

  get isDone(): boolean {
    return this.#state === NONE;
  }

  /** Whether the end of the connection is the end of the body. */
  get endsWithConnection(): boolean {
    return this.#state === UNTIL_CLOSE;
  }

  /** Bytes that are still to come of a body whose length is known; -1 for others. */
  get remaining(): number {
    if (this.#state === NONE) return 0;
    return this.#state === LENGTH ? this.#remaining : -1;
  }

  /** Reads from `position`. Returns where it stopped: at the end of the bytes or of the body; or REFUSED. */
  read(buffer: Buffer, position: number, sink: BodySink): number {
    switch (this.#state) {
      case NONE:
        return position;
      case LENGTH:
        return this.#readLength(buffer, position, sink);
      case UNTIL_CLOSE:
        sink.onBodyData(position === 0 ? buffer : buffer.subarray(position));
        return buffer.length;
      default:
        return this.#readChunks(buffer, position, sink);
    }
  }

  #readLength(buffer: Buffer, position: number, sink: BodySink): number {
    const available = buffer.length - position;
    if (available === 0) return position;
    if (available < this.#remaining) {
      this.#remaining -= available;
      sink.onBodyData(position === 0 ? buffer : buffer.subarray(position));
      return buffer.length;
    }
    const end = position + this.#remaining;
    this.#remaining = 0;
    this.#state = NONE;
    sink.onBodyData(position === 0 && end === buffer.length ? buffer : buffer.subarray(position, end));
    return end;
  }

  #readChunks(buffer: Buffer, start: number, sink: BodySink): number {
    let position = start;
    while (position < buffer.length && this.#state !== NONE) {
      if (this.#state === DATA) {
        position = this.#readChunkData(buffer, position, sink);
      } else if (this.#state === TRAILERS) {
        position = this.#readTrailers(buffer, position);
        if (position === REFUSED) return REFUSED;
      } else if (this.#readFraming(buffer[position] as number)) {
        // The empty line behind the last chunk belongs to the trailers.
        position++;
      } else {
        return REFUSED;
      }
    }
    return position;
  }

  #readChunkData(buffer: Buffer, position: number, sink: BodySink): number {
    const end = Math.min(position + this.#remaining, buffer.length);
    this.#remaining -= end - position;
    if (this.#remaining === 0) this.#state = DATA_CR;
    sink.onBodyData(position === 0 && end === buffer.length ? buffer : buffer.subarray(position, end));
    return end;
  }

  /** One byte between the data. False when it may not stand there. */
  #readFraming(byte: number): boolean {
    switch (this.#state) {
      case SIZE:
        return this.#readSize(byte);
      case EXTENSION:
        if (byte === CR) {
          this.#state = SIZE_END;
          return true;
        }
        this.#extensionBytes += 1;
        return IN_VALUE[byte] !== 0 && this.#extensionBytes <= MAX_EXTENSION_BYTES;
      case SIZE_END:
        this.#state = this.#remaining === 0 ? TRAILERS : DATA;
        return byte === LF;
      case DATA_CR:
        this.#state = DATA_LF;
        return byte === CR;
      default:
        this.#state = SIZE;
        this.#digits = 0;
        return byte === LF;
    }
  }

  #readSize(byte: number): boolean {
    const digit = hexDigit(byte);
    if (digit !== -1) {
      this.#remaining = this.#remaining * 16 + digit;
      this.#digits += 1;
      return this.#digits <= MAX_SIZE_DIGITS;
    }
    if (this.#digits === 0) return false;
    this.#extensionBytes = 0;
    this.#state = byte === CR ? SIZE_END : EXTENSION;
    return byte === CR || byte === SEMICOLON;
  }

  #readTrailers(buffer: Buffer, position: number): number {
    const kept = this.#trailerBytes;
    if (kept === undefined) {
      const end = this.#parseTrailers(buffer, position);
      if (end - position > this.#maxTrailerBytes) return REFUSED;
      if (end !== INCOMPLETE) return end;
      this.#trailerBytes = new HeadBuffer();
      this.#trailerBytes.keep(buffer.subarray(position));
      return buffer.length;
    }
    const before = kept.length;
    const all = kept.add(buffer.subarray(position));
    if (all === undefined) return kept.length > this.#maxTrailerBytes ? REFUSED : buffer.length;
    const end = this.#parseTrailers(all, 0);
    if (end === REFUSED || all.length > this.#maxTrailerBytes) return REFUSED;
    if (end !== INCOMPLETE) return position + end - before;
    kept.keep(all);
    return buffer.length;
  }

  #parseTrailers(buffer: Buffer, position: number): number {
    const end = this.#parser.parseFields(buffer, position);
    if (end <= 0) return end;
    this.#state = NONE;
    this.#trailerBytes = undefined;
    const {fields} = this.#parser;
    const lines = fields.count === 0 ? undefined : fields.copy(NOT_IN_TRAILERS);
    if (lines !== undefined && lines.count > 0) this.trailers = lines;
    return end;
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
