// 2. Three upstreams: requests are spread over them, a dead one is checked out, and what failed there goes elsewhere.
//
//   node upstream.ts 3001      and 3002 and 3003, each in a terminal of its own
//   node 2-load-balancing.ts
//   curl http://localhost:8080/                  ask again and again: another port each time
//   while curl -sf http://localhost:8080/; do :; done
//
// Stop one of the upstreams while that loop runs: no request fails. Start it again: it gets its share back.

import {once} from 'node:events';
import {
  type Backend,
  createHttpProbe,
  createLoadBalancer,
  createProxy,
  decideRetry,
  type Lease,
  type Phases,
  type Retry,
  type Session,
  serve,
  type UpstreamError,
} from 'tako.sh/proxy';

const ports = (process.env.UPSTREAM_PORTS ?? '3001,3002,3003').split(',').map(Number);
const checkMs = Number(process.env.CHECK_MS ?? 1_000);

export const balancer = createLoadBalancer({
  backends: ports.map(port => ({upstream: {host: '127.0.0.1', port}})),
  algorithm: 'round-robin',
  // Two failures take a backend out, one success brings it back. Failed requests count too: see `settle`.
  healthCheck: {probe: createHttpProbe({path: '/health'}), intervalMs: checkMs, fall: 2, rise: 1},
  onChange: ({address, state, problem}) => console.log(`${address} is ${state}${problem ? `: ${problem}` : ''}`),
});

/** What a request carries along: its place at a backend, and where it has failed already. */
export type Tries = {lease: Lease | undefined; readonly tried: Backend[]};

/** A try is over: its place is given back, and the balancer learns from it. */
function settle({context}: Session<Tries>, outcome: 'success' | 'failure'): void {
  const {lease} = context;
  if (lease === undefined) return;
  context.lease = undefined;
  lease.release();
  balancer.report(lease.backend, outcome);
  if (outcome === 'failure') context.tried.push(lease.backend);
}

/** The engine asks only where another try does no harm; `decideRetry` says how often and after how long. */
function tryElsewhere(error: UpstreamError, session: Session<Tries>): Retry {
  settle(session, 'failure');
  return decideRetry(error, session);
}

export const balancing = {
  createContext: (): Tries => ({lease: undefined, tried: []}),
  // Runs for each try. Another backend first; when all have failed, one may be back meanwhile.
  upstreamPeer({context}) {
    const backend = balancer.pick(undefined, context.tried) ?? balancer.pick();
    if (backend === undefined) throw new Error('no backend is healthy');
    context.lease = balancer.acquire(backend);
    return backend.upstream;
  },
  failToConnect: tryElsewhere,
  errorWhileProxy: tryElsewhere,
  // There will be no other try. Where this phase is, it is the only one to hear of what went wrong.
  failToProxy(error, session) {
    console.error(`${session.request.method} ${session.request.target} failed: ${error}`);
    settle(session, 'failure');
    session.respond(503, {'retry-after': '1', 'content-type': 'text/plain'}, 'no backend could answer\n');
  },
  // Whatever became of the request: this is where the place of one that went well is given back.
  logging: session => settle(session, session.outcome === 'cut-off' ? 'failure' : 'success'),
} satisfies Phases<Tries>;

// Not when program 8 imports this.
if (import.meta.main) {
  const proxy = createProxy<Tries>(balancing, {onBug: console.error});
  const served = await serve(proxy, {port: Number(process.env.PORT ?? 8080)});
  console.log(`listening on http://127.0.0.1:${served.port}`);

  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await served.drain(10_000);
  await served.close();
  balancer.close();
}
