// 8. All of it: HTTPS with client certificates for one host, limits, a cache, three upstreams, metrics, restarts.
//
//   node make-certificates.ts
//   node upstream.ts 3001      and 3002 and 3003, each in a terminal of its own
//   node 8-all-together.ts
//   alias ask='curl --cacert certificates/ca.pem --connect-to ::localhost:8443'
//   ask -i 'https://www.example.test/?cache-control=max-age=60'             twice: the second time it is a hit
//   ask --cert certificates/client.pem --key certificates/client-key.pem https://admin.example.test/headers
//   curl http://localhost:9090/metrics
//
// Each feature is a set of phases from the program that is about it. What is left to say here is their order.

import cluster from 'node:cluster';
import {createProxy} from 'tako.sh/proxy';
import {balancer, balancing, type Tries} from './2-load-balancing.ts';
import {mutualTls, tls} from './4-client-certificates.ts';
import {measuring, onRefused, type Timed, work} from './5-metrics-and-restart.ts';
import {type Copying, caching} from './6-caching.ts';
import {type Limited, limiting} from './7-rate-limiting.ts';
import {holdPorts} from './parts/holder.ts';

type Context = Timed & Limited & Copying & Tries;

const proxy = createProxy<Context>(
  {
    createContext: session => ({
      ...measuring.createContext(),
      ...limiting.createContext(session),
      ...caching.createContext(),
      ...balancing.createContext(),
    }),

    // The first that answers ends it. Who has too many requests gets nothing that costs more than saying so; nobody is
    // answered from the cache who may not ask this host.
    requestFilter: session => limiting.requestFilter(session) || caching.requestFilter(session),

    upstreamPeer: balancing.upstreamPeer,
    failToConnect: balancing.failToConnect,
    errorWhileProxy: balancing.errorWhileProxy,
    failToProxy: balancing.failToProxy,
    upstreamRequestFilter: mutualTls.upstreamRequestFilter,

    // Kept is the answer as the app gave it; what is said about this one client comes after.
    upstreamResponseFilter: caching.upstreamResponseFilter,
    responseFilter(response, session) {
      caching.responseFilter(response);
      limiting.responseFilter(response, session);
    },
    responseBodyFilter: caching.responseBodyFilter,

    logging(session) {
      balancing.logging(session);
      measuring.logging(session);
    },
  },
  {onBug: console.error, onRefused},
);

console.log(`${cluster.isPrimary ? 'holder' : 'worker'}: pid ${process.pid}`);
if (cluster.isPrimary) {
  // Who only holds the ports need not know which upstreams are healthy.
  balancer.close();
  holdPorts();
} else {
  await work(proxy, {port: Number(process.env.PORT ?? 8443), tls});
  balancer.close();
}
