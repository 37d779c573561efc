// What `tako proxy` does with a request: host, backend, another backend when that fails, and what the client is told when
// all do. On the way of a request that succeeds nothing waits and nothing is allocated but its context and its lease.

import type {ErrorAnswer} from '../../proxy/error-page.js';
import type {Backend} from '../../proxy/load-balancing/backend.js';
import type {Outcome} from '../../proxy/load-balancing/ejection.js';
import type {Lease} from '../../proxy/load-balancing/live-backend.js';
import type {LoadBalancer} from '../../proxy/load-balancing/load-balancer.js';
import {decideRetry, type Phases, type Retry} from '../../proxy/phases.js';
import {sendError} from '../../proxy/request-path.js';
import type {Session} from '../../proxy/session.js';
import {type Upstream, UpstreamError} from '../../proxy/upstream.js';
import type {HostFilter} from './hosts.js';

/** What a request carries along: the place it holds at a backend, and where it failed before. */
export class ProxyContext {
  lease: Lease | undefined = undefined;
  tried: readonly Backend[] = NONE;
  /** As performance.now() gives it; 0 where nobody asks. */
  readonly startedAt: number;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }
}

const NONE: readonly Backend[] = [];

export type ProxySession = Session<ProxyContext>;

export type ProxyPhasesOptions = {
  readonly balancer: LoadBalancer;
  readonly servesHost: HostFilter;
  /** The key of a request, for a sticky algorithm. */
  readonly keyOf: ((session: ProxySession) => string) | undefined;
  /** Told how each try ended: what passive ejection goes by. */
  readonly report: (backend: Backend, outcome: Outcome) => void;
  /** Told of each request when it is over; its time is taken only then. */
  readonly onLog: ((session: ProxySession) => void) | undefined;
  /** Told of errors nobody expected; their request is answered with 500. */
  readonly onBug: (error: unknown) => void;
};

export function createProxyPhases(options: ProxyPhasesOptions): Phases<ProxyContext> {
  const {balancer, servesHost, keyOf, report, onLog, onBug} = options;

  /** Other backends come first; when all have been tried, one may have come back meanwhile. */
  function pick(session: ProxySession): Backend {
    const {tried} = session.context;
    const key = keyOf?.(session);
    const found = balancer.pick(key, tried) ?? (tried.length > 0 ? balancer.pick(key) : undefined);
    if (found === undefined) throw new NoBackendError();
    return found;
  }

  function upstreamPeer(session: ProxySession): Upstream {
    const backend = pick(session);
    session.context.lease = balancer.acquire(backend);
    return backend.upstream;
  }

  /** Ends the try under way, if there is one. */
  function settle(context: ProxyContext, outcome: Outcome | undefined): void {
    const {lease} = context;
    if (lease === undefined) return;
    context.lease = undefined;
    lease.release();
    if (outcome !== undefined) report(lease.backend, outcome);
    if (outcome === 'failure') context.tried = [...context.tried, lease.backend];
  }

  /** What was never sent goes to the next backend at once, also when it was time that ran out. */
  function retryElsewhere(error: UpstreamError, session: ProxySession): Retry {
    const {context, attempts} = session;
    settle(context, 'failure');
    const isElsewhere = attempts < MAX_TRIES && balancer.pick(keyOf?.(session), context.tried) !== undefined;
    return error.progress === 'unsent' && isElsewhere ? AT_ONCE : decideRetry(error, session);
  }

  return {
    createContext: onLog === undefined ? () => new ProxyContext(0) : () => new ProxyContext(performance.now()),
    requestFilter(session) {
      if (servesHost(session.request.host)) return false;
      sendError(session, HOST_NOT_SERVED);
      return true;
    },
    upstreamPeer,
    failToConnect: retryElsewhere,
    errorWhileProxy: retryElsewhere,
    failToProxy(error, session) {
      const {lease} = session.context;
      const address = (lease?.backend ?? session.context.tried.at(-1))?.address;
      settle(session.context, error instanceof UpstreamError ? 'failure' : undefined);
      const answer = failureAnswer(error, address);
      if (answer === INTERNAL_ERROR) onBug(error);
      sendError(session, answer);
    },
    logging(session) {
      settle(session.context, outcomeOf(session));
      onLog?.(session);
    },
  };
}

/** What the end of a request says about the backend that it was at; a client that left says nothing. */
function outcomeOf({outcome, error}: ProxySession): Outcome | undefined {
  if (outcome === 'answered' || outcome === 'tunnelled') return 'success';
  return outcome === 'cut-off' && error instanceof UpstreamError ? 'failure' : undefined;
}

/** No backend may be used at the moment. */
class NoBackendError extends Error {
  override readonly name = 'NoBackendError';
}

/** Backends that one request may be sent to: with more of them down, a client should hear of it. */
const MAX_TRIES = 4;
const AT_ONCE: Retry = {afterMs: 0};
const RETRY_AFTER_SECONDS = 1;

const HOST_NOT_SERVED: ErrorAnswer = {
  status: 421,
  code: 'HOST_NOT_SERVED',
  message: 'this host is not served here',
};

const NO_UPSTREAM: ErrorAnswer = {
  status: 503,
  code: 'NO_UPSTREAM',
  message: 'no upstream is healthy at the moment',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
};

const INTERNAL_ERROR: ErrorAnswer = {
  status: 500,
  code: 'INTERNAL_ERROR',
  message: 'tako failed on this request',
  hint: 'this is a bug in tako; what it wrote has the details',
};

function failureAnswer(error: unknown, address: string | undefined): ErrorAnswer {
  if (error instanceof NoBackendError) return NO_UPSTREAM;
  if (!(error instanceof UpstreamError)) return INTERNAL_ERROR;
  const message = `${address ?? 'upstream'}: ${error.message}`;
  return error.failure.endsWith('timeout')
    ? {status: 504, code: 'UPSTREAM_TIMEOUT', message, retryAfterSeconds: RETRY_AFTER_SECONDS}
    : {status: 502, code: 'UPSTREAM_UNREACHABLE', message, retryAfterSeconds: RETRY_AFTER_SECONDS};
}
