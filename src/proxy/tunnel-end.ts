// One of the two sides of a tunnel. What comes from one is written to the other; who is not read is not sent to.

import {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {readFrom, type SocketReader} from './http1/socket-reader.js';
import {SocketWriter} from './http1/socket-writer.js';
import {keepable} from './shared-buffer.js';

/** Where bytes go. */
export type TunnelSink = {
  /** Is done with the bytes when it returns. False when the other side does not keep up. */
  write(bytes: Buffer): boolean;
  /** Nothing more is written. */
  end(): void;
  /** Reads on after `write` of the other side gave false. */
  resume(): void;
  destroy(): void;
};

export type TunnelEnd = TunnelSink & {
  /** Begins to hand on to the other side; an end travels on as an end. */
  copyTo(other: TunnelSink): void;
  /** Sends what is on its way, then closes. */
  closeSoon(): void;
};

export function createTunnelEnd(duplex: Duplex, onClose: () => void): TunnelEnd {
  const end = duplex instanceof Socket ? new SocketEnd(duplex) : new StreamEnd(duplex);
  if (duplex.closed) queueMicrotask(onClose);
  else duplex.once('close', onClose);
  return end;
}

/** What a single write of this size costs as text: less than as bytes (bench/README.md). */
const TEXT_BYTES = 2_048;

class SocketEnd implements TunnelEnd {
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  #reader: SocketReader | undefined;
  #other: TunnelSink | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.allowHalfOpen = true;
    socket.setTimeout(0);
    socket.setNoDelay(true);
    this.#writer = new SocketWriter(socket, this);
    socket.on('drain', () => this.receiveDrain());
  }

  copyTo(other: TunnelSink): void {
    this.#other = other;
    passEnd(this.#socket, other);
    this.#reader = readFrom(this.#socket, this);
  }

  receive(bytes: Buffer): void {
    if (this.#other?.write(bytes) === false) this.#reader?.pause();
  }

  receiveDrain(): void {
    this.#other?.resume();
  }

  write(bytes: Buffer): boolean {
    if (bytes.length > TEXT_BYTES) return this.#writer.writeBytes('', bytes);
    this.#writer.writeText(bytes.toString('latin1'));
    return !this.#writer.isBlocked;
  }

  end(): void {
    this.#writer.end();
  }

  resume(): void {
    this.#reader?.resume();
  }

  closeSoon(): void {
    const socket = this.#socket;
    this.#writer.end();
    if (socket.writableFinished) socket.destroy();
    else socket.once('finish', () => socket.destroy());
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

class StreamEnd implements TunnelEnd {
  readonly #stream: Duplex;

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  copyTo(other: TunnelSink): void {
    const stream = this.#stream;
    passEnd(stream, other);
    stream.on('data', (chunk: Buffer) => {
      if (!other.write(chunk)) stream.pause();
    });
    stream.on('drain', () => other.resume());
    stream.resume();
  }

  write(bytes: Buffer): boolean {
    return this.#stream.write(keepable(bytes));
  }

  end(): void {
    this.#stream.end();
  }

  resume(): void {
    this.#stream.resume();
  }

  closeSoon(): void {
    const stream = this.#stream;
    if (!stream.destroyed) stream.end(() => stream.destroy());
  }

  destroy(): void {
    this.#stream.destroy();
  }
}

function passEnd(from: Duplex, to: TunnelSink): void {
  // It may have ended before there was a tunnel.
  if (from.readableEnded) to.end();
  else from.on('end', () => to.end());
  from.on('error', () => to.destroy());
}
