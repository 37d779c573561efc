// What happens to one request: filters, route, cold start, forward; and what the client is told when a step fails.

import {setTimeout as delay} from 'node:timers/promises';
import {ActivationError, type ColdStart} from './cold-start.js';
import type {DownstreamResponse, Exchange} from './downstream.js';
import {type ErrorAnswer, renderErrorAnswer} from './error-page.js';
import {type Forwarder, UpstreamError} from './forward.js';
import type {AppId, RouteTable} from './route-table.js';
import {openTunnel, type UpgradeExchange} from './tunnel.js';
import type {Upstream} from './upstream.js';

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
  readonly httpsPort: () => number;
};

export type RequestPath = {
  handle(exchange: Exchange): Promise<void>;
  /** Requests and tunnels of an app that are not finished. */
  inFlight(app: AppId): number;
};

/** Connecting fails for a moment between the death of a process and the news of it. */
const CONNECT_TRIES = 4;
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
      sendError(exchange, failureAnswer(error, app, lastLines));
    } finally {
      count(inFlight, app, -1);
    }
  }

  async function proxy(exchange: Exchange, app: AppId): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const upstream = findUpstream(app) ?? (await coldStart.wait(app, exchange.signal));
      try {
        return isUpgrade(exchange) ? await openTunnel(exchange, upstream) : await forwarder.forward(exchange, upstream);
      } catch (error) {
        const mayRetry = error instanceof UpstreamError && error.isRetryable && !exchange.signal.aborted;
        if (!mayRetry || attempt === CONNECT_TRIES) throw error;
        await delay(RETRY_DELAY_MS);
      }
    }
  }

  return {
    inFlight: app => inFlight.get(app) ?? 0,
    async handle(exchange) {
      if (filters.some(filter => filter(exchange))) return;
      const route = routes().match(exchange.authority.host, exchange.target);
      if (!route) sendError(exchange, misdirected(exchange, routes(), options.httpsPort()));
      else if (exchange.isSecure) await serve(exchange, route.app);
      else redirectToHttps(exchange, options.httpsPort());
    },
  };
}

/** Answers with an error page, or cuts the connection when an answer has begun already. */
export function sendError({request, response, method}: Exchange, answer: ErrorAnswer): void {
  if (response.headersSent) {
    response.destroy();
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

/** Sends a whole answer. The body of the request, read or not, ends with it on HTTP/1.1. */
export function send(
  response: DownstreamResponse,
  status: number,
  headers: Record<string, string>,
  body: string,
): void {
  if ('stream' in response) {
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
  const location = `${originOf(authority.host, httpsPort)}${target}`;
  send(response, 308, {location, 'content-length': '0', 'cache-control': 'no-store'}, '');
}

function misdirected({authority}: Exchange, table: RouteTable, httpsPort: number): ErrorAnswer {
  const hosts = new Set(table.routes.map(({host}) => host).filter(host => !host.startsWith('*.')));
  return {
    status: 421,
    code: 'NO_SUCH_APP',
    message: `no app is registered for ${authority.host}`,
    hint: hosts.size > 0 ? 'These are:' : 'Run "tako dev" in the folder of one.',
    links: [...hosts].map(host => originOf(host, httpsPort)),
  };
}

/** What a browser's address bar shows for a host: the port only where it is not 443. */
export function originOf(host: string, port: number): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return port === 443 ? `https://${name}` : `https://${name}:${port}`;
}

function failureAnswer(error: unknown, app: AppId, lastLines: (app: AppId) => readonly string[]): ErrorAnswer {
  if (error instanceof ActivationError) return activationAnswer(error);
  if (error instanceof UpstreamError) {
    return {status: 502, code: 'APP_UNREACHABLE', message: `${app}: ${error.message}`, lines: lastLines(app)};
  }
  throw error;
}

const STATUS_OF_FAILURE = {failed: 502, 'timed-out': 504, 'queue-full': 503, cancelled: 503} as const;

const activationAnswer = ({failure, code, message, hint, details}: ActivationError): ErrorAnswer => ({
  status: STATUS_OF_FAILURE[failure],
  code,
  message,
  hint,
  lines: details,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});

const isUpgrade = (exchange: Exchange): exchange is UpgradeExchange => 'socket' in exchange;

function count(counts: Map<AppId, number>, app: AppId, change: 1 | -1): void {
  const next = (counts.get(app) ?? 0) + change;
  if (next > 0) counts.set(app, next);
  else counts.delete(app);
}
