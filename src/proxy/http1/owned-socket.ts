import type {Socket} from 'node:net';

/** What is told of all that happens on a socket. */
export type SocketOwner = {
  receive(chunk: Buffer): void;
  /** The other side ended its side. */
  receiveEnd(): void;
  receiveDrain(): void;
  receiveError(error: Error): void;
  receiveClose(): void;
};

const OWNER = Symbol('owner of the socket');
type OwnedSocket = Socket & {[OWNER]: SocketOwner};

/** Tells the owner of what happens. The listeners are shared: closures for each socket would cost memory on idle ones. */
export function own(socket: Socket, owner: SocketOwner): void {
  (socket as OwnedSocket)[OWNER] = owner;
  for (const [event, listener] of LISTENERS) socket.on(event, listener);
}

/** Tells the owner no more. */
export function disown(socket: Socket): void {
  for (const [event, listener] of LISTENERS) socket.off(event, listener);
}

function onData(this: Socket, chunk: Buffer): void {
  (this as OwnedSocket)[OWNER].receive(chunk);
}

function onEnd(this: Socket): void {
  (this as OwnedSocket)[OWNER].receiveEnd();
}

function onDrain(this: Socket): void {
  (this as OwnedSocket)[OWNER].receiveDrain();
}

function onError(this: Socket, error: Error): void {
  (this as OwnedSocket)[OWNER].receiveError(error);
}

function onClose(this: Socket): void {
  (this as OwnedSocket)[OWNER].receiveClose();
}

const LISTENERS = [
  ['data', onData],
  ['end', onEnd],
  ['drain', onDrain],
  ['error', onError],
  ['close', onClose],
] as const;
