// Writing to a socket by the shortest way.
//
// Most of what a proxy writes is one small text into an empty socket. Through the stream that costs as much again as the
// system call: a state machine, a queue that stays empty, a turn of the tick queue. So such a text is given to the
// socket's handle at once, and so are the parts of a body that TLS is to encrypt, which the stream would copy together
// first. While one is under way, what follows waits here. All else takes the stream (figures in bench/README.md).
//
// The handle is no public interface of Node. It is used only where it looks as expected, and what is found missing means
// that the stream is used. Whoever owns a SocketWriter must write through it alone: TLS takes one write at a time.

import type {Socket} from 'node:net';
import {keepable} from '../shared-buffer.js';
import {giveBack, takeBlock} from './blocks.js';

/** What is used of a socket's handle. */
type Handle = {
  writeLatin1String?: (request: WriteRequest, text: string) => number;
  writeBuffer?: (request: WriteRequest, bytes: Buffer) => number;
};

/** Node's own object for a write that may take time; `oncomplete` is called when it did. */
type WriteRequest = {
  handle?: Handle;
  oncomplete?: (this: WriteRequest, status: number) => void;
  async?: boolean;
  /** Of a write that took no time, it is -1. */
  getAsyncId(): number;
  writer?: SocketWriter;
  item?: string | Buffer;
};

type WriteRequestClass = new () => WriteRequest;

/** Learnt from the first write that goes through a stream. */
let WriteRequestOfNode: WriteRequestClass | undefined;

/** Setting TAKO_DIRECT_WRITES=0 makes every write take the stream. */
const isAllowed = process.env.TAKO_DIRECT_WRITES !== '0';

/** Told when the other side takes bytes again. */
export type DrainListener = {receiveDrain(): void};

/** The number of what does not take time: node:async_hooks. */
const SYNCHRONOUS = -1;

/** What may wait for the other side before more is declined: enough that the next write is there when one is done. */
const MAX_WAITING_BYTES = 65_536;

/** A part of a body that is worth waiting for: there is more where it came from. */
const LARGE_BYTES = 32_768;

/** As much as is joined for one write. */
const JOINED_BYTES = 65_536;

export class SocketWriter {
  readonly #socket: Socket;
  readonly #isSecure: boolean;
  readonly #owner: DrainListener;
  /** Something is on its way past the stream. */
  #isBusy = false;
  #hasUsableHandle: boolean | undefined;
  /** Bytes for a plain socket that are to go out together, and how many there are. */
  #block: Buffer | undefined;
  #gathered = 0;
  #isEnding = false;
  /** The owner was told that the other side does not keep up. */
  #isDeclined = false;
  /** Something waited: its owner may want to know that nothing does any more. */
  #hasWaited = false;
  /** What waits for what is on its way. */
  #queue: (string | Buffer)[] = [];
  #queuedBytes = 0;

  /** The owner is told of room that the stream knows nothing of; it has its own `drain` for the rest. */
  constructor(socket: Socket, owner: DrainListener) {
    this.#socket = socket;
    this.#isSecure = 'encrypted' in socket;
    this.#owner = owner;
  }

  /** Whether what was written has to wait for the other side. */
  get isBlocked(): boolean {
    return this.#queuedBytes > 0 || this.#socket.writableNeedDrain;
  }

  /** Whether anything is still to be sent. */
  get isSending(): boolean {
    return this.#isBusy || this.#gathered > 0 || this.#socket.writableLength > 0;
  }

  writeText(text: string): void {
    if (this.#gathered > 0) this.#gatherText(text);
    else if (this.#isBusy) this.#enqueue(text);
    else if (!this.#writeDirectly(text)) this.#writeToStream(text);
  }

  /** As `writeText`, for a socket whose stream is about to be used by others. False when it cannot be: it is busy. */
  writeBeforeTunnel(text: string): boolean {
    this.#sendGathered();
    if (!this.#isBusy) this.#socket.write(text, 'latin1');
    return !this.#isBusy;
  }

  /**
   * Writes the text and the bytes behind it, with which it is done when it returns. False when the other side does not
   * keep up.
   */
  writeBytes(text: string, bytes: Buffer): boolean {
    if (!this.#isSecure && (this.#isBusy || this.#canWriteDirectly())) {
      if (text !== '') this.#gatherText(text);
      this.#gather(bytes);
      return this.#hasRoom();
    }
    if (this.#isBusy) {
      if (text !== '') this.#enqueue(text);
      this.#enqueue(keepable(bytes));
      return this.#hasRoom();
    }
    if (this.#isSecure && this.#writeDirectly(text === '' ? bytes : join([text, bytes]))) {
      // What follows would have to be copied: better that it is not read before this is out.
      this.#hasWaited = bytes.length >= LARGE_BYTES;
      this.#isDeclined = this.#hasWaited;
      return !this.#isDeclined;
    }
    return this.#writeBytesToStream(text, keepable(bytes));
  }

  /** Called at the end of a turn of the event loop in which something was gathered. */
  endTurn(): void {
    this.#sendGathered();
  }

  /** Ends our side once all is written. */
  end(): void {
    this.#sendGathered();
    if (this.#isBusy) this.#isEnding = true;
    else this.#socket.end();
  }

  complete(status: number, item: string | Buffer | undefined): void {
    this.#isBusy = false;
    if (item instanceof Buffer) giveBack(item);
    if (status < 0) {
      this.#socket.destroy();
      return;
    }
    while (this.#queuedBytes > 0 && !this.#isBusy) this.#sendQueue();
    if (this.#isEnding && !this.#isBusy) this.#socket.end();
    const hasRoom = this.#isBusy ? this.#isDeclined && this.#queuedBytes < MAX_WAITING_BYTES : this.#hasWaited;
    if (hasRoom && !this.#socket.writableNeedDrain) this.#accept();
  }

  #accept(): void {
    this.#isDeclined = false;
    if (!this.#isBusy) this.#hasWaited = false;
    this.#owner.receiveDrain();
  }

  #hasRoom(): boolean {
    this.#isDeclined ||= this.#isBusy && this.#queuedBytes + this.#gathered >= MAX_WAITING_BYTES;
    return !this.#isDeclined;
  }

  #enqueue(item: string | Buffer): void {
    this.#hasWaited = true;
    this.#queue.push(item);
    this.#queuedBytes += item.length;
  }

  /** Sends what waits, or as much of it as one write takes. */
  #sendQueue(): void {
    const batch = this.#takeBatch();
    const item = batch.length === 1 ? (batch[0] as string | Buffer) : join(batch);
    if (this.#writeDirectly(item)) return;
    this.#socket.cork();
    for (const item of [...batch, ...this.#queue]) this.#socket.write(item, 'latin1');
    this.#socket.uncork();
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #takeBatch(): (string | Buffer)[] {
    let count = 0;
    let bytes = 0;
    do {
      bytes += (this.#queue[count] as string | Buffer).length;
      count += 1;
    } while (count < this.#queue.length && bytes + (this.#queue[count] as string | Buffer).length <= JOINED_BYTES);
    this.#queuedBytes -= bytes;
    return this.#queue.splice(0, count);
  }

  #writeDirectly(item: string | Buffer): boolean {
    if (!this.#canWriteDirectly()) return false;
    const socket = this.#socket;
    const handle = (socket as unknown as {_handle: Handle})._handle;
    const request = new (WriteRequestOfNode as WriteRequestClass)();
    request.handle = handle;
    request.async = false;
    request.oncomplete = onComplete;
    request.writer = this;
    // It must live as long as the write takes.
    request.item = item;
    const {writeLatin1String, writeBuffer} = handle as Required<Handle>;
    const error =
      typeof item === 'string'
        ? writeLatin1String.call(handle, request, item)
        : writeBuffer.call(handle, request, item);
    if (error !== 0) socket.destroy();
    // TLS always tells when it is done; a plain socket only if the system did not take all of it at once. An empty queue
    // is no proof of that: it is so, too, when the rest was written a moment later and has still to be told.
    else this.#isBusy = this.#isSecure || request.getAsyncId() !== SYNCHRONOUS;
    if (!this.#isBusy && error === 0 && typeof item !== 'string') giveBack(item);
    return true;
  }

  #canWriteDirectly(): boolean {
    const socket = this.#socket;
    if (WriteRequestOfNode === undefined || !isEmpty(socket)) return false;
    const handle = (socket as {_handle?: Handle | null})._handle;
    // Looked at once: asking a handle for anything is a call into Node.
    this.#hasUsableHandle ??= isUsable(handle);
    return this.#hasUsableHandle && handle !== null;
  }

  // TLS gives what it read in records of 16 KiB, one by one: for a plain socket, those of one turn of the event loop are
  // gathered in blocks, and each block is one write.

  #gatherText(text: string): void {
    this.#gather(Buffer.from(text, 'latin1'));
  }

  #gather(bytes: Buffer): void {
    for (let taken = 0; taken < bytes.length; ) {
      if (this.#block === undefined) {
        this.#block = takeBlock();
        setImmediate(endTurn, this);
      }
      const copied = bytes.copy(this.#block, this.#gathered, taken);
      taken += copied;
      this.#gathered += copied;
      if (this.#gathered === this.#block.length) this.#sendGathered();
    }
  }

  #sendGathered(): void {
    const block = this.#block;
    if (block === undefined) return;
    const bytes = block.subarray(0, this.#gathered);
    this.#block = undefined;
    this.#gathered = 0;
    if (this.#isBusy) this.#enqueue(bytes);
    else if (!this.#writeDirectly(bytes)) this.#socket.write(bytes);
  }

  #writeToStream(text: string): void {
    if (isAllowed && WriteRequestOfNode === undefined) learnFrom((this.#socket as {_handle?: Handle | null})._handle);
    this.#socket.write(text, 'latin1');
  }

  #writeBytesToStream(text: string, bytes: Buffer): boolean {
    const socket = this.#socket;
    if (text === '') return socket.write(bytes);
    socket.cork();
    socket.write(text, 'latin1');
    socket.write(bytes);
    socket.uncork();
    return !socket.writableNeedDrain;
  }
}

const join = (items: readonly (string | Buffer)[]): Buffer =>
  Buffer.concat(items.map(item => (typeof item === 'string' ? Buffer.from(item, 'latin1') : item)));

const endTurn = (writer: SocketWriter): void => writer.endTurn();

function onComplete(this: WriteRequest, status: number): void {
  this.writer?.complete(status, this.item);
}

/** Whether the stream has nothing under way and can still be written to. */
const isEmpty = (socket: Socket): boolean =>
  socket.writableLength === 0 && !socket.connecting && !socket.destroyed && socket.writable;

const isUsable = (handle: Handle | null | undefined): boolean =>
  handle?.writeLatin1String !== undefined && handle.writeBuffer !== undefined;

/** Node keeps the class of its write requests to itself; each write shows one. */
function learnFrom(handle: Handle | null | undefined): void {
  const write = handle?.writeLatin1String;
  if (!handle || write === undefined) return;
  handle.writeLatin1String = (request, text) => {
    delete handle.writeLatin1String;
    if (request.getAsyncId !== undefined) WriteRequestOfNode = request.constructor as WriteRequestClass;
    return write.call(handle, request, text);
  };
}
