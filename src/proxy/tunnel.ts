// The upgrade to a WebSocket: the request goes upstream, and only after the upstream's 101 do the two sockets become
// one tunnel. Bytes the client sent early wait until then (forwarding them sooner would be request smuggling).

import {type IncomingMessage, request as openRequest, type ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import type {Exchange} from './downstream.js';
import {forwardedFacts} from './forward.js';
import {upstreamRequestHeaders} from './headers.js';
import {sendResponse} from './respond.js';
import type {Upstream} from './upstream.js';
import {answerTo, UpstreamError, type UpstreamTunnel} from './upstream-answer.js';

/** An exchange that asks to be upgraded: the client's socket, and `head`, what came after the request. */
export type UpgradeExchange = Exchange & {
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly head: Buffer;
};

/** Opens the tunnel; resolves when it is over, or when the app refused it and its answer is out. */
export async function openTunnel(exchange: UpgradeExchange, {host, port}: Upstream): Promise<void> {
  const headers = upstreamRequestHeaders(exchange.request.rawHeaders, forwardedFacts(exchange));
  headers.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
  const outgoing = openRequest({host, port, path: exchange.target, headers, setHost: false, agent: false});
  outgoing.end();
  const {message, tunnel} = await answerTo(outgoing, exchange, true);
  if (!tunnel) return sendResponse(message, exchange);
  if (message.headers.upgrade?.toLowerCase() !== 'websocket') {
    tunnel.socket.destroy();
    throw new UpstreamError('the app switched to a protocol that was not asked for', {retry: 'never'});
  }
  await join(exchange, message, tunnel);
}

/** Copies both ways with backpressure until both sides are closed. */
function join(
  {socket: client, head, response}: UpgradeExchange,
  answer: IncomingMessage,
  tunnel: UpstreamTunnel,
): Promise<unknown> {
  const {socket: upstream, early} = tunnel;
  response.detachSocket(client);
  copy(client, upstream);
  copy(upstream, client);
  client.write(renderHead(answer), 'latin1');
  if (early.length > 0) client.write(early);
  if (head.length > 0) upstream.write(head);
  return Promise.all([closeOf(client), closeOf(upstream)]);
}

/** An end travels on as an end; when one side is gone, the other gets what was still on its way and is closed too. */
function copy(from: Socket, to: Socket): void {
  from.allowHalfOpen = true;
  from.setTimeout(0);
  from.setNoDelay(true);
  from.on('error', () => to.destroy());
  void closeOf(from).then(() => to.destroySoon());
  from.pipe(to);
}

const closeOf = (socket: Socket): Promise<void> =>
  new Promise(resolve => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });

function renderHead({statusCode, statusMessage, rawHeaders}: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
