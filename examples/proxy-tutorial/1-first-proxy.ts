// 1. A first proxy: everything that comes in goes to one upstream.
//
//   node upstream.ts 3001
//   node 1-first-proxy.ts
//   curl -i http://localhost:8080/               the app's answer
//   curl http://localhost:8080/headers           what the proxy told it about you: X-Forwarded-For, Forwarded, Via
//
// Stop the upstream and ask again: 502, and no word about what is behind.

import {once} from 'node:events';
import {createProxy, serve, type Upstream} from 'tako.sh/proxy';

// Made once and not per request: the proxy finds its kept connections by this object.
const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};

// `upstreamPeer` is the only phase that a proxy must have. `onBug` hears of what a phase throws.
const proxy = createProxy({upstreamPeer: () => upstream}, {onBug: console.error});

// On both loopback addresses; `host: '0.0.0.0'` would serve the network.
const served = await serve(proxy, {port: Number(process.env.PORT ?? 8080)});
console.log(`listening on http://127.0.0.1:${served.port}`);

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
// Ports closed, 10 seconds for the requests that have begun; then what is left of connections is let go.
await served.drain(10_000);
await served.close();
