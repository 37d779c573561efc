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
import {createProxy, type Session, serve, type Upstream} from 'tako.sh/proxy';
import {holdPorts} from './parts/holder.ts';
import {createMetrics} from './parts/metrics.ts';

if (cluster.isPrimary) {
  console.log(`holding the ports, pid ${process.pid}`);
  holdPorts();
} else {
  await work();
}

async function work(): Promise<void> {
  const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};
  const metrics = createMetrics();

  const proxy = createProxy<{readonly startedAt: number}>(
    {
      createContext: () => ({startedAt: performance.now()}),
      upstreamPeer: () => upstream,
      // Once for every request, whatever became of it.
      logging(session) {
        const seconds = (performance.now() - session.context.startedAt) / 1_000;
        metrics.observe(session.status, seconds);
        console.log(renderLine(session, seconds));
      },
    },
    {
      onBug: console.error,
      // What is not HTTP is refused before it is a request, and no phase hears of it.
      onRefused: ({status, problem}, {address}) => {
        metrics.observe(status, 0);
        console.log(JSON.stringify({client: address, status, problem}));
      },
    },
  );

  const served = await serve(proxy, {port: Number(process.env.PORT ?? 8080)});
  const metricsServer = createServer((_request, response) => {
    response.setHeader('content-type', 'text/plain; version=0.0.4');
    response.end(metrics.render(proxy.inFlight));
  });
  metricsServer.listen(Number(process.env.METRICS_PORT ?? 9090), '127.0.0.1');
  await once(metricsServer, 'listening');
  console.log(
    `listening on http://127.0.0.1:${served.port}, pid ${process.pid}, metrics on ${addressOf(metricsServer)}`,
  );
  process.send?.('ready');

  // The old worker hears it when a new one is ready. On Ctrl-C a terminal tells all of them, and the holder decides.
  process.on('SIGINT', () => undefined);
  process.once('SIGTERM', async () => {
    metricsServer.close();
    await served.drain(10_000);
    await served.close();
    process.disconnect();
  });
}

/** One line for each request: what was asked, what became of it, and why where it failed. */
function renderLine(
  {client, request, status, outcome, attempts, bytesSent, error}: Session<unknown>,
  seconds: number,
): string {
  return JSON.stringify({
    time: new Date().toISOString(),
    client: client.address,
    method: request.method,
    host: request.host,
    target: request.target,
    status,
    outcome,
    attempts,
    bytesSent,
    ms: Math.round(seconds * 1_000_000) / 1_000,
    ...(error instanceof Error && {error: error.message}),
  });
}

function addressOf(server: ReturnType<typeof createServer>): string {
  const address = server.address();
  return typeof address === 'object' && address ? `http://127.0.0.1:${address.port}` : '';
}
