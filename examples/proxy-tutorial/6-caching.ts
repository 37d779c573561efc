// 6. A cache in memory, from two phases: a request may be answered from it, and a body that passes is kept.
//
//   node upstream.ts 3001
//   node 6-caching.ts
//   curl -i 'http://localhost:8080/?cache-control=max-age=60'                        twice: X-Cache, Age, same number
//   curl -i 'http://localhost:8080/?cache-control=max-age=60&set-cookie=a=1'         never kept
//   curl -i -H 'accept-language: de' 'http://localhost:8080/?cache-control=max-age=60&vary=accept-language'
//
// Only GET, only 200, only what the app allows to be kept by all, never a request with Authorization.

import {once} from 'node:events';
import {
  createProxy,
  HeaderFields,
  type Phases,
  type ResponseHead,
  type Session,
  serve,
  type Upstream,
} from 'tako.sh/proxy';
import {createCacheStore, freshSecondsOf, type Kept, mayAnswer, variantOf} from './parts/cache-store.ts';

const store = createCacheStore(Number(process.env.CACHE_BYTES ?? 64 * 1024 * 1024));
const MAX_BODY_BYTES = 1024 * 1024;

/** `copy` is what has come so far of an answer that is to be kept. */
export type Copying = {copy: {readonly kept: Omit<Kept, 'body'>; readonly chunks: Buffer[]; bytes: number} | undefined};

/** The same text for the same answer. The scheme belongs to it: apps redirect http to https. */
const keyOf = ({client, request}: Session<unknown>): string =>
  `${client.isSecure ? 'https' : 'http'}://${request.host.toLowerCase()}${request.target}`;

/** Whether the cache has anything to do with a request; never where a client's certificate says who asks. */
const isForCache = ({client, request, upgrade, hasBody}: Session<unknown>): boolean =>
  mayAnswer(request) && !hasBody && upgrade === undefined && !client.tls?.authorized;

function answerFrom({fields, body, keptAt}: Kept, session: Session<unknown>): void {
  const head = HeaderFields.from(fields);
  head.set('age', String(Math.floor((Date.now() - keptAt) / 1_000) + Number(head.get('age') ?? 0)));
  head.set('x-cache', 'hit');
  session.respond(200, head, body);
}

function beginCopy({status, fields}: ResponseHead, session: Session<Copying>): void {
  const freshSeconds = freshSecondsOf(status, fields);
  if (freshSeconds === 0) return;
  const vary = variantOf(fields.get('vary'), session.request.fields);
  session.context.copy = {
    kept: {fields: [...fields].flat(), keptAt: Date.now(), freshSeconds, vary},
    chunks: [],
    bytes: 0,
  };
}

export const caching = {
  createContext: (): Copying => ({copy: undefined}),

  requestFilter(session) {
    const kept = isForCache(session) ? store.find(keyOf(session), session.request.fields) : undefined;
    if (kept !== undefined) answerFrom(kept, session);
    return session.isAnswered;
  },

  upstreamResponseFilter(response, session) {
    if (isForCache(session)) beginCopy(response, session);
    // What changed something makes what is kept of it wrong.
    else if (!['GET', 'HEAD', 'OPTIONS'].includes(session.request.method)) store.delete(keyOf(session));
  },

  // Not kept: it is said about this one answer.
  responseFilter: ({fields}) => fields.set('x-cache', 'miss'),

  // The last call comes only when the body is complete: one that breaks off is not kept.
  responseBodyFilter(chunk, isLast, session) {
    const {copy} = session.context;
    if (copy === undefined) return chunk;
    copy.chunks.push(chunk);
    copy.bytes += chunk.length;
    if (copy.bytes > MAX_BODY_BYTES) session.context.copy = undefined;
    else if (isLast) store.put(keyOf(session), {...copy.kept, body: Buffer.concat(copy.chunks)});
    return chunk;
  },
} satisfies Partial<Phases<Copying>>;

if (import.meta.main) {
  const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};
  const proxy = createProxy<Copying>({...caching, upstreamPeer: () => upstream}, {onBug: console.error});
  const served = await serve(proxy, {port: Number(process.env.PORT ?? 8080)});
  console.log(`listening on http://127.0.0.1:${served.port}`);

  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await served.drain(10_000);
  await served.close();
}
