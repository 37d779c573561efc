// 5. What happens is logged and counted, and the program can be replaced by a newer one under load.
//
//   node upstream.ts 3001
//   node 5-metrics-and-restart.ts
//   curl http://localhost:8080/                    one line of JSON in the program's terminal
//   curl http://localhost:9090/metrics             for Prometheus
//   while curl -sf http://localhost:8080/; do :; done
//   kill -HUP <pid>                                the pid of the first line
//
// A new process starts, with the code as it is now on disk, and the old one ends when its last request has. The loop
// goes on. kill -TERM ends both, after the requests that have begun.

import cluster from 'node:cluster';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {
  type ClientConnection,
  createProxy,
  type Phases,
  type Refusal,
  type ReverseProxy,
  type ServeOptions,
  type Session,
  serve,
} from 'tako.sh/proxy';
import {holdPorts} from './parts/holder.ts';
import {createMetrics} from './parts/metrics.ts';

const metrics = createMetrics();

export type Timed = {readonly startedAt: number};

export const measuring = {
  createContext: (): Timed => ({startedAt: performance.now()}),
  // Once for every request, whatever became of it.
  logging(session) {
    const seconds = (performance.now() - session.context.startedAt) / 1_000;
    metrics.observe(session.status, seconds);
    console.log(renderLine(session, seconds));
  },
} satisfies Partial<Phases<Timed>>;

/** What is not HTTP is refused before it is a request: no phase hears of it. */
export function onRefused({status, problem}: Refusal, {address}: ClientConnection): void {
  metrics.observe(status, 0);
  console.log(JSON.stringify({client: address, status, problem}));
}

/** What was asked, what became of it, and why if it failed. */
function renderLine({client, request, status, outcome, attempts, error}: Session<unknown>, seconds: number): string {
  const {method, host, target} = request;
  const problem = error instanceof Error ? error.message : undefined;
  const ms = Math.round(seconds * 1_000_000) / 1_000;
  return JSON.stringify({client: client.address, method, host, target, status, outcome, attempts, ms, problem});
}

/** Serves until told to end: by the one who holds the ports when a newer worker is ready, or by a Ctrl-C for all. */
export async function work(proxy: ReverseProxy, options: ServeOptions): Promise<void> {
  const metricsServer = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(metrics.render(proxy.inFlight));
  });
  const served = await serve(proxy, options);
  metricsServer.listen(Number(process.env.METRICS_PORT ?? 9090), '127.0.0.1');
  await once(metricsServer, 'listening');
  console.log(`listening on port ${served.port}, metrics on port ${(metricsServer.address() as AddressInfo).port}`);
  process.send?.('ready');

  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  metricsServer.close();
  await served.drain(10_000);
  await served.close();
  // The channel to the holder is the last thing that keeps the process.
  cluster.worker?.disconnect();
}

if (import.meta.main) {
  console.log(`${cluster.isPrimary ? 'holder' : 'worker'}: pid ${process.pid}`);
  if (cluster.isPrimary) {
    holdPorts();
  } else {
    const upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};
    const proxy = createProxy<Timed>({...measuring, upstreamPeer: () => upstream}, {onBug: console.error, onRefused});
    await work(proxy, {port: Number(process.env.PORT ?? 8080)});
  }
}
