// Writing to a socket by the shortest way.
//
// Most of what a proxy writes is one small text into an empty socket. Through the stream that costs as much again as the
// system call: a state machine, a queue that stays empty, a turn of the tick queue. So such a text is given to the
// socket's handle at once; all else, and everything while a text is under way, takes the stream. Measured here with small
// answers over TLS: 4 to 18 % less processor time per request (bench/README.md).
//
// The handle is no public interface of Node. It is used only where it looks as expected, and what is found missing means
// that the stream is used. Whoever owns a SocketWriter must write through it alone: TLS takes one write at a time.

import type {Socket} from 'node:net';

/** What is used of a socket's handle. */
type Handle = {
  writeLatin1String?: (request: WriteRequest, text: string) => number;
  /** Bytes the system has not taken yet. */
  readonly writeQueueSize?: number;
};

/** Node's own object for a write that may take time; `oncomplete` is called when it did. */
type WriteRequest = {
  handle?: Handle;
  oncomplete?: (this: WriteRequest, status: number) => void;
  async?: boolean;
  writer?: SocketWriter;
};

type WriteRequestClass = new () => WriteRequest;

/** Learnt from the first write that goes through a stream. */
let WriteRequestOfNode: WriteRequestClass | undefined;

/** Setting TAKO_DIRECT_WRITES=0 makes every write take the stream. */
const isAllowed = process.env.TAKO_DIRECT_WRITES !== '0';

/** Told when the other side takes bytes again. */
export type DrainListener = {receiveDrain(): void};

export class SocketWriter {
  readonly #socket: Socket;
  readonly #isSecure: boolean;
  readonly #owner: DrainListener;
  /** A text is on its way past the stream. */
  #isBusy = false;
  #hasUsableHandle: boolean | undefined;
  #isGathering = false;
  #isEnding = false;
  #queue: (string | Buffer)[] = [];

  /** The owner is told of room that the stream knows nothing of; it has its own `drain` for the rest. */
  constructor(socket: Socket, owner: DrainListener) {
    this.#socket = socket;
    this.#isSecure = 'encrypted' in socket;
    this.#owner = owner;
  }

  /** Whether what was written has to wait for the other side. */
  get isBlocked(): boolean {
    return this.#queue.length > 0 || this.#socket.writableNeedDrain;
  }

  /** Whether anything is still to be sent. */
  get isSending(): boolean {
    return this.#isBusy || this.#socket.writableLength > 0;
  }

  writeText(text: string): void {
    if (this.#isBusy) this.#queue.push(text);
    else if (!this.#writeDirectly(text)) this.#writeToStream(text);
  }

  /** As `writeText`, for a socket whose stream is about to be used by others. False when it cannot be: it is busy. */
  writeBeforeTunnel(text: string): boolean {
    if (!this.#isBusy) this.#socket.write(text, 'latin1');
    return !this.#isBusy;
  }

  /** Writes the text and the bytes behind it. False when the other side does not keep up. */
  writeBytes(text: string, bytes: Buffer): boolean {
    if (this.#isBusy) {
      if (text !== '') this.#queue.push(text);
      this.#queue.push(bytes);
      return false;
    }
    const socket = this.#socket;
    if (text === '') {
      if (!this.#isSecure) this.#gather();
      return socket.write(bytes);
    }
    socket.cork();
    socket.write(text, 'latin1');
    socket.write(bytes);
    socket.uncork();
    return !socket.writableNeedDrain;
  }

  /**
   * TLS gives what it read in records of 16 KiB, one by one: those of one turn of the event loop go out together. Not for
   * TLS itself, which would copy them into one.
   */
  #gather(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    this.#socket.cork();
    setImmediate(sendGathered, this);
  }

  sendGathered(): void {
    this.#isGathering = false;
    this.#socket.uncork();
  }

  /** Ends our side once all is written. */
  end(): void {
    if (this.#isBusy) this.#isEnding = true;
    else this.#socket.end();
  }

  complete(status: number): void {
    this.#isBusy = false;
    if (status < 0) {
      this.#socket.destroy();
      return;
    }
    const wasBlocked = this.#queue.length > 0;
    this.#sendQueue();
    if (this.#isEnding) this.#socket.end();
    if (wasBlocked && !this.#socket.writableNeedDrain) this.#owner.receiveDrain();
  }

  #sendQueue(): void {
    if (this.#queue.length === 0) return;
    const queue = this.#queue;
    this.#queue = [];
    this.#socket.cork();
    for (const item of queue) this.#socket.write(item, 'latin1');
    this.#socket.uncork();
  }

  #writeDirectly(text: string): boolean {
    const socket = this.#socket;
    if (WriteRequestOfNode === undefined || !isEmpty(socket)) return false;
    const handle = (socket as {_handle?: Handle | null})._handle;
    // Looked at once: asking a handle for anything is a call into Node.
    this.#hasUsableHandle ??= isUsable(handle);
    if (!this.#hasUsableHandle || !handle) return false;
    const request = new WriteRequestOfNode();
    request.handle = handle;
    request.async = false;
    request.oncomplete = onComplete;
    request.writer = this;
    const error = (handle as Required<Handle>).writeLatin1String(request, text);
    if (error !== 0) socket.destroy();
    // TLS always tells when it is done; a plain socket only if the system did not take all of it at once.
    else this.#isBusy = this.#isSecure || handle.writeQueueSize !== 0;
    return true;
  }

  #writeToStream(text: string): void {
    if (isAllowed && WriteRequestOfNode === undefined) learnFrom((this.#socket as {_handle?: Handle | null})._handle);
    this.#socket.write(text, 'latin1');
  }
}

const sendGathered = (writer: SocketWriter): void => writer.sendGathered();

function onComplete(this: WriteRequest, status: number): void {
  this.writer?.complete(status);
}

/** Whether the stream has nothing under way and can still be written to. */
const isEmpty = (socket: Socket): boolean =>
  socket.writableLength === 0 && !socket.connecting && !socket.destroyed && socket.writable;

const isUsable = (handle: Handle | null | undefined): boolean =>
  handle?.writeLatin1String !== undefined && handle.writeQueueSize !== undefined;

/** Node keeps the class of its write requests to itself; each write shows one. */
function learnFrom(handle: Handle | null | undefined): void {
  const write = handle?.writeLatin1String;
  if (!handle || write === undefined) return;
  handle.writeLatin1String = (request, text) => {
    delete handle.writeLatin1String;
    WriteRequestOfNode = request.constructor as WriteRequestClass;
    return write.call(handle, request, text);
  };
}
