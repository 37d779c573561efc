import type {Socket} from 'node:net';
import type {Source} from './proxy-protocol.js';

const SOURCE = Symbol('whose connection it is');
type KnownSocket = Socket & {[SOURCE]?: Source; readonly _parent?: KnownSocket};

/** Notes that a connection is another's than whose address it has. */
export function setSource(socket: Socket, source: Source): void {
  (socket as KnownSocket)[SOURCE] = source;
}

/** Whose connection it was said to be; asked of a TLS socket, the connection below it tells. */
export const sourceOf = (socket: Socket): Source | undefined =>
  (socket as KnownSocket)[SOURCE] ?? (socket as KnownSocket)._parent?.[SOURCE];
