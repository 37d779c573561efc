// Tako's own proxy, as phases: filters, route, cold start, and what the client is told when a step fails.

import {findAuthority} from './authority.js';
import {ActivationError, type ColdStart} from './cold-start.js';
import {type ErrorAnswer, renderErrorAnswer} from './error-page.js';
import type {Phases} from './phases.js';
import {type Authority, isLoopbackHost, renderHost} from './route-syntax.js';
import type {AppId, Route, RouteTable} from './route-table.js';
import type {Session} from './session.js';
import {type Upstream, UpstreamError} from './upstream.js';

/** What a request of the gateway carries along: the route it took. */
export type GatewayContext = {route: Route | undefined; inFlight: Counter | undefined};
type Counter = {count: number};
export type GatewaySession = Session<GatewayContext>;

/** May answer a request before it is routed; true when it did. */
export type RequestFilter = (session: GatewaySession) => boolean;

export type RequestPathOptions = {
  readonly routes: () => RouteTable;
  readonly filters: readonly RequestFilter[];
  readonly coldStart: ColdStart;
  /** Where a ready instance listens, without waiting; undefined when the app must be started. */
  readonly findUpstream: (app: AppId, session: GatewaySession) => Upstream | undefined;
  /** An app's last output, shown where it explains a failure. */
  readonly lastLines: (app: AppId) => readonly string[];
  readonly httpsPort: () => number;
  /** Told of each request when it is over. */
  readonly onLog: ((session: GatewaySession) => void) | undefined;
};

export type RequestPath = {
  readonly phases: Phases<GatewayContext>;
  /** Requests and tunnels of an app that are not finished. */
  inFlight(app: AppId): number;
};

const RETRY_AFTER_SECONDS = 1;

export function createRequestPath(options: RequestPathOptions): RequestPath {
  const {routes, filters, coldStart, findUpstream, lastLines, httpsPort, onLog} = options;
  const inFlight = new Map<AppId, Counter>();

  function route(session: GatewaySession): boolean {
    for (const filter of filters) {
      if (filter(session)) return true;
    }
    const {target} = session.request;
    const {host} = authorityOf(session);
    const found = routes().match(host, target);
    if (found === undefined) {
      sendError(session, misdirected(host, routes(), httpsPort()));
    } else if (!session.client.isSecure) {
      redirectToHttps(session, host, httpsPort());
    } else {
      session.context.route = found;
      if (found.upstream === undefined) session.context.inFlight = enter(inFlight, found.app);
      return false;
    }
    return true;
  }

  function answerFailure(error: unknown, session: GatewaySession): void {
    sendError(session, failureAnswer(error, session.context.route, lastLines) ?? INTERNAL_ERROR);
  }

  return {
    inFlight: app => inFlight.get(app)?.count ?? 0,
    phases: {
      createContext: () => ({route: undefined, inFlight: undefined}),
      requestFilter: route,
      upstreamPeer(session) {
        const {app, upstream} = session.context.route as Route;
        const ready = upstream ?? findUpstream(app, session);
        if (!isGrpc(session)) return ready ?? coldStart.wait(app, session.signal);
        return ready === undefined ? coldStart.wait(app, session.signal).then(overHttp2) : overHttp2(ready);
      },
      failToProxy: answerFailure,
      logging(session) {
        const {inFlight: entered} = session.context;
        if (entered !== undefined) entered.count -= 1;
        onLog?.(session);
      },
    },
  };
}

/** gRPC is HTTP/2 from end to end: its answer's status is in the trailers. */
function isGrpc({client, request}: GatewaySession): boolean {
  return client.httpVersion === '2' && request.fields.get('content-type')?.startsWith('application/grpc') === true;
}

const http2Upstreams = new WeakMap<Upstream, Upstream>();

/** The same upstream spoken to in h2c; always the same object, by which connections are found again. */
function overHttp2(upstream: Upstream): Upstream {
  const known = http2Upstreams.get(upstream);
  if (known !== undefined) return known;
  const http2: Upstream = {...upstream, protocol: 'h2c'};
  http2Upstreams.set(upstream, http2);
  return http2;
}

/** The host a request is for. The engine lets no request through whose Host it cannot read. */
export function authorityOf({request}: Pick<Session, 'request'>): Authority {
  const authority = findAuthority(request.host);
  if (authority === undefined) throw new Error(`a request for ${JSON.stringify(request.host)} was let through`);
  return authority;
}

/** Answers with an error page. */
export function sendError<Context>(session: Session<Context>, answer: ErrorAnswer): void {
  if (session.isAnswered) return;
  const {headers, body} = renderErrorAnswer(answer, session.request.fields.get('accept'));
  session.respond(answer.status, headers, body);
}

/** 308 keeps method and body; only hosts that are routed are redirected, so this is no open redirect. */
function redirectToHttps(session: GatewaySession, host: string, httpsPort: number): void {
  const {target} = session.request;
  const location = originOf(host, httpsPort) + (target === '*' ? '' : target);
  session.respond(308, {location, 'cache-control': 'no-store'});
}

/** Tells what there is only under a name that is ours: a page of the internet could point its own name here and read. */
function misdirected(host: string, table: RouteTable, httpsPort: number): ErrorAnswer {
  const routed = table.routes.map(route => route.host).filter(name => !name.startsWith('*.'));
  const isOurs = isLoopbackHost(host) || routed.some(name => isNeighbour(host, name));
  const hosts = new Set(isOurs ? routed : []);
  const isKnownHost = table.routes.some(route => route.host === host);
  return {
    status: 421,
    code: 'NO_SUCH_APP',
    message: `no app is registered for ${host}${isKnownHost ? ' at this path' : ''}`,
    hint: hosts.size > 0 ? 'These are:' : 'Run "tako dev" in the folder of one.',
    links: [...hosts].map(name => originOf(name, httpsPort)),
  };
}

/** Whether a host is in the zone of a routed one: `other.test` beside `app.test`. */
const isNeighbour = (host: string, routed: string): boolean => host.endsWith(routed.slice(routed.indexOf('.')));

/** What a browser's address bar shows for a host: the port only where it is not 443. */
export function originOf(host: string, port: number): string {
  return `https://${renderHost(host)}${port === 443 ? '' : `:${port}`}`;
}

/** What a client is told about a failure; undefined for one that nobody expected. */
function failureAnswer(
  error: unknown,
  route: Route | undefined,
  lastLines: (app: AppId) => readonly string[],
): ErrorAnswer | undefined {
  const {app = '', upstream} = route ?? {};
  if (error instanceof ActivationError) return activationAnswer(error, lastLines(app));
  if (!(error instanceof UpstreamError)) return undefined;
  const isTimeout = error.failure === 'timeout' || error.failure === 'connect-timeout';
  return {
    ...(isTimeout ? {status: 504, code: 'APP_TIMEOUT'} : {status: 502, code: 'APP_UNREACHABLE'}),
    message:
      upstream === undefined ? `${app}: ${error.message}` : `${upstream.host}:${upstream.port}: ${error.message}`,
    lines: upstream === undefined ? lastLines(app) : [],
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  };
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

function enter(counters: Map<AppId, Counter>, app: AppId): Counter {
  let counter = counters.get(app);
  if (counter === undefined) {
    counter = {count: 0};
    counters.set(app, counter);
  }
  counter.count += 1;
  return counter;
}
