import type {IncomingMessage, ServerResponse} from 'node:http';
import type {Duplex} from 'node:stream';
import {answerFailure, answerRequest} from '../answer.js';
import type {App, AppServer} from '../app.js';
import type {Exchange, Trailers} from '../exchange.js';
import {runtimeState} from '../runtime-state.js';
import type {WebSocketConnection} from '../websocket/connection.js';
import {abortOnDisconnect, type RequestOptions, toRequest} from './to-request.js';
import {writeAnswer} from './write-answer.js';

/** What the requests of one app share. */
export type Context<Data> = {
  readonly app: App<Data>;
  readonly server: AppServer<Data>;
  /** What may be upgraded, and is not yet. */
  readonly upgrades: WeakMap<Request, Upgrade>;
  readonly sockets: Set<WebSocketConnection<Data>>;
};

/** A request that can become a WebSocket. */
export type Upgrade = {
  readonly key: string;
  readonly socket: Duplex;
  /** What has been read beyond the request. */
  readonly head: Buffer;
  isUpgraded: boolean;
  /** Lets go of the socket: no other answer is written to it. */
  release(): void;
};

export type Handling = {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for 100 (Continue) before it sends its body. */
  readonly sendContinue?: () => void;
  readonly upgrade?: Upgrade | undefined;
};

/** Lets the app answer, and writes what it answers. Never rejects. */
export async function serveRequest<Data>(context: Context<Data>, handling: Handling): Promise<void> {
  const {incoming, response, sendContinue, upgrade} = handling;
  let mayFollow = sendContinue === undefined;
  const onRead = (): void => {
    mayFollow = true;
    sendContinue?.();
  };
  // A client that was not told to go on sends its body or does not: what follows on the connection is not known.
  const onHead = (): void => {
    if (!mayFollow) response.shouldKeepAlive = false;
  };
  const request = makeRequest({incoming, signal: abortOnDisconnect(response), onRead});
  if (!request) return refuse(response);
  const exchange = createExchange(handling);
  runtimeState().exchanges.set(request, exchange);
  if (upgrade) context.upgrades.set(request, upgrade);
  const answer = await answerRequest(context.app, request, context.server, () => upgrade?.isUpgraded === true);
  if (!answer || upgrade?.isUpgraded) return;
  await writeAnswer(answer, response, {trailers: exchange.trailers(), onHead}).catch(error => fail(error, response));
}

function makeRequest(options: RequestOptions): Request | undefined {
  try {
    return toRequest(options);
  } catch {
    return undefined;
  }
}

function createExchange({incoming, response}: Handling): Exchange & {trailers(): Trailers | undefined} {
  let trailers: Trailers | undefined;
  return {
    sendEarlyHints: fields => {
      if (!response.headersSent) response.writeEarlyHints(fields as Record<string, string | string[]>);
    },
    setTrailers: value => {
      trailers = value;
    },
    requestTrailers: async () => new Headers(incoming.trailers as Record<string, string>),
    trailers: () => trailers,
  };
}

/** What cannot be made a Request is the client's mistake. */
function refuse(response: ServerResponse): void {
  const isMethod = response.req.method === 'TRACE';
  response.shouldKeepAlive = false;
  response.writeHead(isMethod ? 405 : 400, {'content-type': 'text/plain'});
  response.end(isMethod ? 'method not allowed\n' : 'bad request\n');
}

/** An answer that could not be written, or not to its end. A client that hung up is no failure of the app. */
function fail(error: unknown, response: ServerResponse): void {
  if (response.socket?.destroyed === false) answerFailure(error);
  if (response.headersSent || response.destroyed) response.destroy();
  else response.writeHead(500).end();
}
