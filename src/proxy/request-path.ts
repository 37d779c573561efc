// Tako's own proxy, as phases: filters, route, cold start, and what the client is told when a step fails.

import {type Activity, createActivity, leaveApp, leaveUpstream} from './activity.js';
import {findAuthority} from './authority.js';
import type {ResponseHead} from './client-side.js';
import {ActivationError, type ColdStart} from './cold-start.js';
import {createDocumentScripts} from './document-script.js';
import {type ErrorAnswer, renderErrorAnswer} from './error-page.js';
import {failureAnswer} from './failure-answer.js';
import type {GatewayContext, GatewaySession} from './gateway-session.js';
import type {PageEvents} from './page-events.js';
import {decideRetry, type Phases, type Retry} from './phases.js';
import {findPresented, presentRequest, restoreAnswer} from './present-as.js';
import {createReservedPaths} from './reserved-paths.js';
import {type Authority, isLoopbackHost, renderHost} from './route-syntax.js';
import type {AppId, FrontProxies, Route, RouteTable} from './route-table.js';
import type {Session} from './session.js';
import type {SessionObserver} from './session-observer.js';
import {createStartPages, START_SCRIPT_PATH, type StartProgress} from './start-page.js';
import type {Upstream, UpstreamError} from './upstream.js';
import type {UpstreamRequest} from './upstream-request.js';

/** May answer a request before it is routed; true when it did. */
export type RequestFilter = (session: GatewaySession) => boolean;

/** May answer a request whose app is known, as from that app's files; true when it did. */
export type RouteFilter = (session: GatewaySession, route: Route) => boolean;

/** Who is told of what becomes of a request, which is one of this app's; asked before it is answered. */
export type Observe = (session: GatewaySession, app: AppId) => SessionObserver | undefined;

export type RequestPathOptions = {
  readonly routes: () => RouteTable;
  /** That of another path to the same apps, to be counted together with; its own if not given. */
  readonly activity?: Activity;
  readonly filters: readonly RequestFilter[];
  readonly routeFilter: RouteFilter | undefined;
  readonly coldStart: ColdStart;
  /** Where a ready instance listens, without waiting; undefined when the app must be started. */
  readonly findUpstream: (app: AppId, session: GatewaySession) => Upstream | undefined;
  /** An app's last output, shown where it explains a failure. */
  readonly lastLines: (app: AppId) => readonly string[];
  /** Whether clients may read what apps print. */
  readonly showsOutput: boolean;
  /** How far a start is; a browser that waits for it gets a page that follows it. Without it, everything just waits. */
  readonly startOf: ((app: AppId) => StartProgress | undefined) | undefined;
  /** The URL of a script that is added to the pages of an app; without it, none has one. */
  readonly documentScript: ((app: AppId) => string | undefined) | undefined;
  readonly pageEvents: PageEvents;
  readonly httpsPort: () => number;
  /** How long a request waits for an app that takes no connection, in milliseconds. */
  readonly connectPatienceMs: number;
  readonly observe: Observe | undefined;
  /** Told of each request when it is over. */
  readonly onLog: ((session: GatewaySession) => void) | undefined;
};

export type RequestPath = {
  readonly phases: Phases<GatewayContext>;
  readonly activity: Activity;
};

const HTTPS_PORT = 443;

/** An app whose own watcher starts it anew is asked so often whether it is there. */
const PATIENT_RETRY_MS = 100;

export function createRequestPath(options: RequestPathOptions): RequestPath {
  const {routes, filters, routeFilter, coldStart, findUpstream, startOf, documentScript, pageEvents} = options;
  const {httpsPort, connectPatienceMs, observe, onLog, showsOutput, activity = createActivity()} = options;
  const answerFor = createFailureAnswers(options);
  const startPages =
    startOf &&
    createStartPages({
      coldStart,
      startOf: showsOutput ? startOf : app => withoutLines(startOf(app)),
      isReady: (app, session) => findUpstream(app, session) !== undefined,
      answerFor: (error, app) => answerFor(error, {app}),
    });
  const scripts = documentScript && createDocumentScripts(documentScript, pageEvents.versionOf);
  const answerReserved = createReservedPaths({
    findRoute: (host, path) => routes().match(host, path),
    starts: startPages,
    pageEvents: documentScript && pageEvents,
  });

  function route(session: GatewaySession): boolean | Promise<boolean> {
    for (const filter of filters) {
      if (filter(session)) return true;
    }
    const reserved = answerReserved(session);
    if (reserved !== false) return reserved;
    const {host} = authorityOf(session);
    const found = routes().match(host, session.request.target);
    if (observe !== undefined && found !== undefined) session.observer = observe(session, found.app);
    if (found === undefined) {
      sendError(session, misdirected(host, routes(), httpsPort()));
    } else if (found.behind !== undefined && !identifyClient(session, found.behind)) {
      sendError(session, NOT_BY_ITS_PROXY);
    } else if (!session.client.isSecure && found.takesPlainHttp !== true) {
      redirectToHttps(session, host, httpsPort());
    } else {
      session.context.route = found;
      // Its files do not count as use of an app.
      if (routeFilter?.(session, found)) return true;
      if (found.upstream === undefined) session.context.app = activity.enterApp(found.app);
      return false;
    }
    return true;
  }

  /** A request of which no other phase knows, but whose app may be known. */
  function observeRefused(session: GatewaySession): void {
    const found = routes().match(findAuthority(session.request.host)?.host ?? '', session.request.target);
    if (found !== undefined) session.observer = observe?.(session, found.app);
  }

  function waitForStart(app: AppId, session: GatewaySession): Promise<Upstream> {
    session.observer?.onColdStart();
    return startPages === undefined ? coldStart.wait(app, session.signal) : startPages.wait(app, session);
  }

  /** Counts the request where it goes; a try that failed is under way nowhere any more. */
  function goTo(upstream: Upstream, session: GatewaySession): Upstream {
    const {context} = session;
    session.observer?.onStarted();
    if (context.upstream !== undefined) leaveUpstream(context.upstream, session);
    context.upstream = session.outcome === undefined ? activity.enterUpstream(upstream) : undefined;
    if (context.upstream !== undefined && isLasting(session)) activity.expectToLast(context.upstream, session);
    return isGrpc(session) ? overHttp2(upstream) : upstream;
  }

  const presentedTo = ({context, request, upstream}: GatewaySession) =>
    findPresented(context.route as Route, request.target, upstream as Upstream);
  const mayChange = (): boolean => scripts !== undefined || routes().hasPresentedHosts;

  function filterRequest(request: UpstreamRequest, session: GatewaySession): void {
    const presented = presentedTo(session);
    if (presented !== undefined) presentRequest(request, session.request, presented);
    scripts?.ask(request, session);
  }

  function filterResponse(response: ResponseHead, session: GatewaySession): void {
    const presented = presentedTo(session);
    if (presented !== undefined) restoreAnswer(response, session.request, presented);
    scripts?.add(response, session);
  }

  /** Each try asks anew where the app is: one that has crashed meanwhile is waited for as it starts. */
  function retryPatiently({failure}: UpstreamError, {attempts, context}: GatewaySession): Retry {
    const isApp = context.route?.upstream === undefined;
    const mayComeBack = failure === 'unreachable' && attempts * PATIENT_RETRY_MS < connectPatienceMs;
    return isApp && mayComeBack ? {afterMs: PATIENT_RETRY_MS} : undefined;
  }

  function answerFailure(error: unknown, session: GatewaySession): void {
    const answer = answerFor(error, session.context.route);
    const mayFollow = startPages !== undefined && error instanceof ActivationError && error.failure === 'failed';
    sendError(session, mayFollow ? {...answer, followScript: START_SCRIPT_PATH} : answer);
  }

  return {
    activity,
    phases: {
      createContext: () => ({
        route: undefined,
        app: undefined,
        upstream: undefined,
        insertion: undefined,
        pageVersion: undefined,
      }),
      requestFilter: route,
      upstreamPeer(session) {
        const {app, upstream} = session.context.route as Route;
        const ready = upstream ?? findUpstream(app, session);
        if (ready !== undefined) return goTo(ready, session);
        return waitForStart(app, session).then(started => goTo(started, session));
      },
      // What is not there costs nothing: where nobody changes a message, it is passed on as it comes.
      get upstreamRequestFilter() {
        return mayChange() ? filterRequest : undefined;
      },
      get responseFilter() {
        return mayChange() ? filterResponse : undefined;
      },
      ...(scripts && {
        responseBodyFilter: (chunk, isLast, {context}) => context.insertion?.(chunk, isLast) ?? chunk,
      }),
      failToConnect: (error, session) => decideRetry(error, session) ?? retryPatiently(error, session),
      failToProxy: answerFailure,
      ...(observe && {refused: observeRefused}),
      logging(session) {
        const {app, upstream} = session.context;
        if (app !== undefined) leaveApp(app);
        if (upstream !== undefined) leaveUpstream(upstream, session);
        onLog?.(session);
      },
    },
  };
}

type FailureAnswers = (error: unknown, route: Pick<Route, 'app' | 'upstream'> | undefined) => ErrorAnswer;

/** The lines in an answer are what an app printed. */
const createFailureAnswers =
  ({lastLines, showsOutput}: Pick<RequestPathOptions, 'lastLines' | 'showsOutput'>): FailureAnswers =>
  (error, route) => {
    const answer = failureAnswer(error, route, lastLines);
    return showsOutput ? answer : {...answer, lines: []};
  };

const withoutLines = (progress: StartProgress | undefined): StartProgress | undefined =>
  progress && {...progress, lastLines: []};

/** What its client keeps open for as long as it can, and opens again. */
const isLasting = ({upgrade, request}: GatewaySession): boolean =>
  upgrade !== undefined || request.fields.get('accept') === 'text/event-stream';

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

/** Takes the word of the proxy in front about who asks. False when there is none, and the app insists on one. */
function identifyClient(session: GatewaySession, {trusted, isRequired}: FrontProxies): boolean {
  const client = trusted.clientOf(session.client, session.request);
  if (client !== undefined) session.client = client;
  return client !== undefined || !isRequired;
}

const NOT_BY_ITS_PROXY: ErrorAnswer = {
  status: 403,
  code: 'NOT_BY_ITS_PROXY',
  message: 'this app is reached through the proxy in front of it only',
};

/** 308 keeps method and body; only hosts that are routed are redirected, so this is no open redirect. */
function redirectToHttps(session: GatewaySession, host: string, httpsPort: number): void {
  const {client, request} = session;
  // Of a proxy in front it is not known on which port it takes HTTPS, if not on the usual one.
  const port = client.proxy === undefined ? httpsPort : HTTPS_PORT;
  const location = originOf(host, port) + (request.target === '*' ? '' : request.target);
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
  return `https://${renderHost(host)}${port === HTTPS_PORT ? '' : `:${port}`}`;
}
