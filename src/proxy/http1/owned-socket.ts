import type {Socket} from 'node:net';

/** What is told of all that happens on a socket, beside what is read. */
export type SocketOwner = {
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
  ['end', onEnd],
  ['drain', onDrain],
  ['error', onError],
  ['close', onClose],
] as const;
