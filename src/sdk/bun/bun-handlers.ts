import {tako} from '../tako.js';
import {type AppSocket, CLOSE, DEFAULT_MAX_PAYLOAD_LENGTH, type WebSocketHandlers} from '../websocket/handlers.js';

export type BunSocket = AppSocket<never>;

/** An app's handlers as Bun takes them; those that are open are in `sockets`, to be closed at the end. */
export function createBunHandlers<Data>(handlers: WebSocketHandlers<Data>, sockets: Set<BunSocket>): object {
  type Socket = AppSocket<Data>;
  return {
    // Bun ends silent sockets otherwise.
    idleTimeout: 0,
    maxPayloadLength: handlers.maxPayloadLength ?? DEFAULT_MAX_PAYLOAD_LENGTH,
    open(socket: Socket) {
      sockets.add(socket as BunSocket);
      run(socket, () => handlers.open?.(socket));
    },
    message: (socket: Socket, message: string | Uint8Array) => run(socket, () => handlers.message(socket, message)),
    drain: (socket: Socket) => run(socket, () => handlers.drain?.(socket)),
    close(socket: Socket, code: number, reason: string) {
      sockets.delete(socket as BunSocket);
      run(socket, () => handlers.close?.(socket, code, reason));
    },
  };
}

/** What a handler throws is logged and closes its socket. */
function run<Data>(socket: AppSocket<Data>, work: () => unknown): void {
  const fail = (error: unknown): void => {
    tako.logger.error('a WebSocket handler failed', {error});
    socket.close(CLOSE.appFailed, '');
  };
  try {
    const result = work();
    if (result instanceof Promise) result.catch(fail);
  } catch (error) {
    fail(error);
  }
}
