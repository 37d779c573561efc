import type {Socket} from 'node:net';
import {readFirstBytes} from '../read-first-bytes.js';
import {type ClientHello, MAX_CLIENT_HELLO_BYTES, parseClientHello} from './client-hello.js';

export type ReadHello = Exclude<ClientHello, {state: 'incomplete'}>;

/** Tells what a client's hello says and leaves it where it is, as `readFirstBytes` does. */
export function peekClientHello(socket: Socket, timeoutMs: number, onHello: (hello: ReadHello) => void): void {
  readFirstBytes(socket, {
    timeoutMs,
    maxBytes: MAX_CLIENT_HELLO_BYTES,
    parse(bytes) {
      const hello = parseClientHello(bytes);
      return hello.state === 'incomplete' ? undefined : hello;
    },
    lengthOf: () => 0,
    onRead: onHello,
  });
}
