// What happens to one request: filters, route, cold start, forward; and what the client is told when a step fails.

import {setTimeout as delay} from 'node:timers/promises';
import {ActivationError, type ColdStart} from './cold-start.js';
import {cutOff, type DownstreamResponse, type Exchange, isHttp2Response} from './downstream.js';
import {type ErrorAnswer, renderErrorAnswer} from './error-page.js';
import type {Forwarder} from './forward.js';
import {isLoopbackHost, renderHost} from './route-syntax.js';
import type {AppId, RouteTable} from './route-table.js';
import {openTunnel, type UpgradeExchange} from './tunnel.js';
import type {Upstream} from './upstream.js';
import {type Retry, UpstreamError} from './upstream-answer.js';

/** May answer a request before it is routed; true when it did. */
export type RequestFilter = (exchange: Exchange) => boolean;

export type RequestPathOptions = {
  readonly routes: () => RouteTable;
  readonly filters: readonly RequestFilter[];
  readonly coldStart: ColdStart;
  readonly forwarder: Forwarder;
  /** Where a ready instance listens, without waiting; undefined when the app must be started. */
  readonly findUpstream: (app: AppId) => Upstream | undefined;
  /** An app's last output, shown where it explains a failure. */
  readonly lastLines: (app: AppId) => readonly string[];
  /** Told of errors nobody expected; their request is answered with 500. */
  readonly onBug: (error: unknown) => void;
  readonly httpsPort: () => number;
};

export type RequestPath = {
  /** Answers the exchange, whatever happens; never rejects. */
  handle(exchange: Exchange): Promise<void>;
  /** Requests and tunnels of an app that are not finished. */
  inFlight(app: AppId): number;
};

/** Connecting fails for a moment between the death of a process and the news of it. */
const TRIES: Readonly<Record<Retry, number>> = {always: 4, once: 2, never: 1};
/** Grows with each try. */
const RETRY_DELAY_MS = 100;
const RETRY_AFTER_SECONDS = 1;

export function createRequestPath(options: RequestPathOptions): RequestPath {
  const {routes, filters, coldStart, forwarder, findUpstream, lastLines} = options;
  const inFlight = new Map<AppId, number>();

  async function serve(exchange: Exchange, app: AppId): Promise<void> {
    count(inFlight, app, 1);
    try {
      await proxy(exchange, app);
    } catch (error) {
      if (!exchange.signal.aborted) sendError(exchange, failureAnswer(error, app, lastLines));
    } finally {
      // What is left of a body is read and dropped, so that the connection can carry the next request.
      exchange.request.resume();
      count(inFlight, app, -1);
    }
  }

  async function proxy(exchange: Exchange, app: AppId): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const upstream = findUpstream(app) ?? (await coldStart.wait(app, exchange.signal));
      try {
        return isUpgrade(exchange) ? await openTunnel(exchange, upstream) : await forwarder.forward(exchange, upstream);
      } catch (error) {
        if (!(error instanceof UpstreamError) || attempt >= TRIES[error.retry]) throw error;
        // At once the first time: a kept connection may just have been closed.
        await delay(RETRY_DELAY_MS * (attempt - 1), undefined, {signal: exchange.signal});
      }
    }
  }

  async function answer(exchange: Exchange): Promise<void> {
    if (filters.some(filter => filter(exchange))) return;
    const route = routes().match(exchange.authority.host, exchange.target);
    if (!route) sendError(exchange, misdirected(exchange, routes(), options.httpsPort()));
    else if (exchange.isSecure) await serve(exchange, route.app);
    else redirectToHttps(exchange, options.httpsPort());
  }

  return {
    inFlight: app => inFlight.get(app) ?? 0,
    async handle(exchange) {
      try {
        await answer(exchange);
      } catch (error) {
        options.onBug(error);
        sendError(exchange, INTERNAL_ERROR);
      }
    },
  };
}

/** Answers with an error page, or cuts the connection when an answer has begun already. */
export function sendError({request, response, method}: Exchange, answer: ErrorAnswer): void {
  if (response.headersSent) {
    cutOff(response);
    return;
  }
  const {headers, body} = renderErrorAnswer(answer, request.headers.accept);
  send(response, answer.status, headers, method === 'HEAD' ? '' : body);
}

/** Answers a request that could not even be read. */
export function sendBadRequest(response: DownstreamResponse, problem: string): void {
  const {headers, body} = renderErrorAnswer({status: 400, code: 'BAD_REQUEST', message: problem}, undefined);
  send(response, 400, {...headers, connection: 'close'}, body);
}

/** Sends a whole answer. */
export function send(
  response: DownstreamResponse,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  if (isHttp2Response(response)) {
    const {connection: _, ...rest} = headers;
    response.writeHead(status, rest);
    response.end(body);
  } else {
    response.writeHead(status, headers);
    response.end(body);
  }
}

/** 308 keeps method and body; only hosts that are routed are redirected, so this is no open redirect. */
function redirectToHttps({response, authority, target}: Exchange, httpsPort: number): void {
  const location = originOf(authority.host, httpsPort) + (target === '*' ? '' : target);
  send(response, 308, {location, 'content-length': '0', 'cache-control': 'no-store'}, '');
}

/** Tells what there is only under a name that is ours: a page of the internet could point its own name here and read. */
function misdirected({authority}: Exchange, table: RouteTable, httpsPort: number): ErrorAnswer {
  const routed = table.routes.map(({host}) => host).filter(host => !host.startsWith('*.'));
  const isOurs = isLoopbackHost(authority.host) || routed.some(host => isNeighbour(authority.host, host));
  const hosts = new Set(isOurs ? routed : []);
  const isKnownHost = table.routes.some(({host}) => host === authority.host);
  return {
    status: 421,
    code: 'NO_SUCH_APP',
    message: `no app is registered for ${authority.host}${isKnownHost ? ' at this path' : ''}`,
    hint: hosts.size > 0 ? 'These are:' : 'Run "tako dev" in the folder of one.',
    links: [...hosts].map(host => originOf(host, httpsPort)),
  };
}

/** Whether a host is in the zone of a routed one: `other.test` beside `app.test`. */
const isNeighbour = (host: string, routed: string): boolean => host.endsWith(routed.slice(routed.indexOf('.')));

/** What a browser's address bar shows for a host: the port only where it is not 443. */
export function originOf(host: string, port: number): string {
  return `https://${renderHost(host)}${port === 443 ? '' : `:${port}`}`;
}

function failureAnswer(error: unknown, app: AppId, lastLines: (app: AppId) => readonly string[]): ErrorAnswer {
  if (error instanceof ActivationError) return activationAnswer(error, lastLines(app));
  if (error instanceof UpstreamError) {
    return {
      status: 502,
      code: 'APP_UNREACHABLE',
      message: `${app}: ${error.message}`,
      lines: lastLines(app),
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    };
  }
  throw error;
}

const STATUS_OF_FAILURE = {failed: 502, 'timed-out': 504, 'queue-full': 503, cancelled: 503} as const;

const activationAnswer = (
  {failure, code, message, hint, details}: ActivationError,
  lastLines: readonly string[],
): ErrorAnswer => ({
  status: STATUS_OF_FAILURE[failure],
  code,
  message,
  hint,
  lines: details.length > 0 ? details : lastLines,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});

const INTERNAL_ERROR: ErrorAnswer = {
  status: 500,
  code: 'INTERNAL_ERROR',
  message: 'tako failed on this request',
  hint: 'this is a bug in tako; its log has the details',
};

const isUpgrade = (exchange: Exchange): exchange is UpgradeExchange => 'socket' in exchange;

function count(counts: Map<AppId, number>, app: AppId, change: 1 | -1): void {
  const next = (counts.get(app) ?? 0) + change;
  if (next > 0) counts.set(app, next);
  else counts.delete(app);
}
