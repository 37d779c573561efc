// 3. Filters: answering early, and changing what passes in both directions.
//
//   node upstream.ts 3001
//   TOKEN=secret node 3-filters.ts
//   curl -i http://localhost:8080/ping                                       answered by the proxy itself
//   curl -i http://localhost:8080/api/headers                                401: no token
//   curl -i -H 'authorization: Bearer secret' http://localhost:8080/api/headers
//   curl -i -H 'authorization: Bearer secret' 'http://localhost:8080/api/?content-type=text/html'
//
// The app gets /headers and not /api/headers, a user and not the token; pages of HTML end in a footer.

import {createHash, timingSafeEqual} from 'node:crypto';
import {once} from 'node:events';
import {createProxy, type ResponseHead, serve, type Upstream} from 'tako.sh/proxy';

const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};
const token = process.env.TOKEN;
if (!token) throw new Error('set TOKEN: TOKEN=secret node 3-filters.ts');

const FOOTER = Buffer.from('\n<footer>served by a proxy of eighty lines</footer>\n');
const TEXT = {'content-type': 'text/plain'};

/** Both sides hashed, so that neither the length nor the beginning of the token can be found out by measuring. */
function isTokenOf(authorization = ''): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(authorization), hash(`Bearer ${token}`));
}

const isHtml = ({status, fields}: ResponseHead): boolean =>
  status === 200 && (fields.get('content-type') ?? '').startsWith('text/html');

const proxy = createProxy<{hasFooter: boolean}>(
  {
    createContext: () => ({hasFooter: false}),

    // First of all. True says that the request is answered; no upstream hears of it.
    requestFilter(session) {
      const {target, fields} = session.request;
      if (target === '/ping') session.respond(200, TEXT, 'pong\n');
      else if (!target.startsWith('/api/')) session.respond(404, TEXT, 'only /api/ is here\n');
      else if (!isTokenOf(fields.get('authorization'))) {
        session.respond(401, {...TEXT, 'www-authenticate': 'Bearer'}, 'a token is needed\n');
      }
      return session.isAnswered;
    },

    upstreamPeer: () => upstream,

    // A copy of the request as it goes upstream; X-Forwarded-* and the like are in it already.
    upstreamRequestFilter(request) {
      request.target = request.target.slice('/api'.length);
      request.fields.delete('authorization');
      request.fields.set('x-user', 'the one with the token');
      // A body that is to be changed must come whole and not compressed.
      request.fields.delete('accept-encoding');
      request.fields.delete('range');
    },

    // The answer as the app gave it: what nobody needs to know is taken out here.
    upstreamResponseFilter: ({fields}) => fields.delete('x-powered-by'),

    // The answer as this client gets it.
    responseFilter(response, session) {
      response.fields.set('x-content-type-options', 'nosniff');
      if (!isHtml(response)) return;
      session.context.hasFooter = true;
      // Its length is another one now, and its validator is that of another text.
      response.fields.delete('content-length');
      response.fields.delete('etag');
    },

    // The body as it streams by, chunk by chunk. The last call has an empty chunk.
    responseBodyFilter: (chunk, isLast, {context, request}) =>
      isLast && context.hasFooter && request.method !== 'HEAD' ? FOOTER : chunk,
  },
  {onBug: console.error},
);

const served = await serve(proxy, {port: Number(process.env.PORT ?? 8080)});
console.log(`listening on http://127.0.0.1:${served.port}`);

await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
await served.drain(10_000);
await served.close();
