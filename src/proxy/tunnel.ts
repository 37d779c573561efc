// The upgrade to a WebSocket: the request goes upstream, and only after the upstream's 101 do the two sockets become
// one tunnel. Bytes the client sent early wait until then (forwarding them sooner would be request smuggling).

import {type IncomingMessage, request as openRequest, type ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import type {Exchange} from './downstream.js';
import {forwardedFacts, sendResponse, upstreamFailure} from './forward.js';
import {upstreamRequestHeaders} from './headers.js';
import type {Upstream} from './upstream.js';

/** An exchange that asks to be upgraded: the client's socket, and `head`, what came after the request. */
export type UpgradeExchange = Exchange & {
  readonly response: ServerResponse;
  readonly socket: Socket;
  readonly head: Buffer;
};

/** Opens the tunnel; resolves when it is over, or when the app refused it and its answer is out. */
export function openTunnel(exchange: UpgradeExchange, {host, port}: Upstream): Promise<void> {
  const {request, response, target, signal} = exchange;
  const headers = upstreamRequestHeaders(request.rawHeaders, forwardedFacts(exchange));
  headers.push('Connection', 'Upgrade', 'Upgrade', 'websocket');
  return new Promise((resolve, reject) => {
    const outgoing = openRequest({host, port, path: target, headers, setHost: false, agent: false});
    const abort = (): void => void outgoing.destroy();
    signal.addEventListener('abort', abort, {once: true});
    outgoing.once('upgrade', (answer, upstream, early) => {
      signal.removeEventListener('abort', abort);
      response.detachSocket(exchange.socket);
      join(exchange, answer, {socket: upstream, early}, resolve);
    });
    outgoing.once('response', answer => resolve(sendResponse(answer, exchange)));
    outgoing.once('error', error => reject(upstreamFailure(error, true)));
    outgoing.end();
  });
}

type UpstreamSide = {readonly socket: Socket; readonly early: Buffer};

/** Copies both ways with backpressure; an end travels on as an end, a failure of one side ends both. */
function join(client: UpgradeExchange, answer: IncomingMessage, upstream: UpstreamSide, onClose: () => void): void {
  const pair = [client.socket, upstream.socket] as const;
  client.socket.write(renderHead(answer));
  if (upstream.early.length > 0) client.socket.write(upstream.early);
  if (client.head.length > 0) upstream.socket.write(client.head);
  for (const [from, to] of [pair, [pair[1], pair[0]]] as const) {
    from.setTimeout(0);
    from.setNoDelay(true);
    from.pipe(to);
    from.on('error', () => to.destroy());
    from.once('close', () => to.destroySoon());
  }
  upstream.socket.once('close', onClose);
}

function renderHead({statusCode, statusMessage, rawHeaders}: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${statusMessage}`];
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    lines.push(`${rawHeaders[index]}: ${rawHeaders[index + 1]}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
}
