// 1. A first proxy: everything that comes in goes to one upstream.
//
//   node upstream.ts 3001
//   node 1-first-proxy.ts
//   curl -i http://localhost:8080/               the app's answer
//   curl http://localhost:8080/headers           what the proxy told it about you: X-Forwarded-For, Forwarded, Via
//
// Stop the upstream and ask again: 502, and no word about what is behind.

import {createProxy, serve, type Upstream} from 'tako.sh/proxy';

// Made once and not per request: the proxy finds its kept connections by this object.
const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};

// `upstreamPeer` is the only phase that a proxy must have. `onBug` hears of what a phase throws.
const proxy = createProxy({upstreamPeer: () => upstream}, {onBug: console.error});

// On both loopback addresses; `host: '0.0.0.0'` would serve the network.
const served = await serve(proxy, {port: Number(process.env.PORT ?? 8080)});
console.log(`listening on http://127.0.0.1:${served.port}`);

// No new connections, an end to every request that has begun, and then the process has nothing left to do.
async function stop(): Promise<void> {
  await served.drain(10_000);
  await served.close();
}

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
