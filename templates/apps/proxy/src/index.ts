// A reverse proxy: a set of functions, the phases of a request. docs/build-a-proxy.md of the package tako.sh explains each.

import {once} from 'node:events';
import {createProxy, serve, type Upstream} from 'tako.sh/proxy';
import {startDemoUpstream} from './demo-upstream.ts';

// Made once and not per request: the proxy finds its kept connections by this object.
const upstream: Upstream = await findUpstream(process.env.UPSTREAM);

const proxy = createProxy<{startedAt: number}>(
  {
    createContext: () => ({startedAt: performance.now()}),

    // True says that the request is answered; no upstream hears of it.
    requestFilter(session) {
      if (session.request.target !== '/proxy/health') return false;
      session.respond(200, {'content-type': 'text/plain'}, 'well\n');
      return true;
    },

    upstreamPeer: () => upstream,

    responseFilter: ({fields}) => fields.set('x-served-by', '{{name}}'),

    logging({request, status, context}) {
      const ms = Math.round(performance.now() - context.startedAt);
      console.log(`${request.method} ${request.target} ${status} ${ms} ms`);
    },
  },
  {onBug: console.error},
);

// Where tako says, and on port 3000 without it.
const served = await serve(proxy, {port: Number(process.env.PORT ?? 3000)});
console.log(`listening on http://127.0.0.1:${served.port}`);

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
// No new requests; those that have begun get ten seconds.
await served.drain(10_000);
await served.close();

async function findUpstream(address: string | undefined): Promise<Upstream> {
  if (!address) return startDemoUpstream();
  const {hostname, port} = new URL(address);
  return {host: hostname, port: Number(port || 80)};
}
