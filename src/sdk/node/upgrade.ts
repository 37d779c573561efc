import {type IncomingMessage, ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import type {UpgradeOptions} from '../app.js';
import {tako} from '../tako.js';
import {WebSocketConnection} from '../websocket/connection.js';
import type {WebSocketHandlers} from '../websocket/handlers.js';
import {renderHandshake, webSocketKey} from '../websocket/handshake.js';
import {type Context, serveRequest, type Upgrade} from './serve-request.js';

export type UpgradeRequest = {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
};

/** The handler decides: it upgrades the request, or answers it like any other. */
export function serveUpgrade<Data>(context: Context<Data>, {incoming, socket, head}: UpgradeRequest): void {
  const response = new ServerResponse(incoming);
  response.assignSocket(socket as Socket);
  // Node has given the connection away: nothing else can come on it.
  response.shouldKeepAlive = false;
  response.once('finish', () => socket.end());
  socket.on('error', () => socket.destroy());
  const key = webSocketKey(incoming);
  const upgrade: Upgrade | undefined =
    key === undefined
      ? undefined
      : {
          key,
          socket,
          head,
          isUpgraded: false,
          release() {
            this.isUpgraded = true;
            response.detachSocket(socket as Socket);
          },
        };
  void serveRequest(context, {incoming, response, upgrade});
}

/** Answers with 101. Throws a TypeError for fields that no answer can have, and has done nothing then. */
export function openWebSocket<Data>(
  upgrade: Upgrade,
  {data, headers}: UpgradeOptions<Data>,
  handlers: WebSocketHandlers<Data>,
): WebSocketConnection<Data> {
  const handshake = renderHandshake(upgrade.key, headers);
  const {socket, head} = upgrade;
  upgrade.release();
  // Silence is no reason to end a WebSocket.
  (socket as Socket).setTimeout(0);
  socket.write(handshake);
  const onError = (error: unknown): void => tako.logger.error('a WebSocket handler failed', {error});
  const connection = new WebSocketConnection({socket, data: data as Data, handlers, onError});
  // `open` comes when the handler that upgraded has gone on.
  setImmediate(() => connection.start(head));
  return connection;
}
