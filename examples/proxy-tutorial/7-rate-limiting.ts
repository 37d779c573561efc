// 7. No client gets more than its share: 20 requests at once, and 10 a second in the long run.
//
//   node upstream.ts 3001
//   node 7-rate-limiting.ts
//   curl -i http://localhost:8080/                            RateLimit tells how many are left
//   for i in $(seq 25); do curl -s -o /dev/null -w '%{http_code} ' http://localhost:8080/; done
//
// The last ones are 429 with Retry-After; a moment later it is 200 again. The fields are those of the IETF's draft
// (draft-ietf-httpapi-ratelimit-headers): q and r are requests, w and t seconds.

import {once} from 'node:events';
import {createProxy, type Phases, type Session, serve, type Upstream} from 'tako.sh/proxy';
import {createTokenBuckets, type Quota} from './parts/token-buckets.ts';

const burst = Number(process.env.BURST ?? 20);
const perSecond = Number(process.env.PER_SECOND ?? 10);
const buckets = createTokenBuckets(burst, perSecond);

const POLICY = `"client";q=${burst};w=${Math.ceil(burst / perSecond)}`;

const rateLimitFields = ({remaining, resetSeconds}: Quota): Record<string, string> => ({
  'ratelimit-policy': POLICY,
  ratelimit: `"client";r=${remaining};t=${resetSeconds}`,
});

export type Limited = {readonly quota: Quota};

export const limiting = {
  // By the address of the connection: X-Forwarded-For is what the client says, unless a proxy of yours stands before
  // this one. Whoever has IPv6 has many addresses: count by the first 64 bits of them on the internet.
  createContext: ({client}: Session): Limited => ({quota: buckets.take(client.address, performance.now())}),

  requestFilter(session) {
    const {quota} = session.context;
    if (quota.isAllowed) return false;
    const fields = {...rateLimitFields(quota), 'retry-after': String(quota.retryAfterSeconds)};
    session.respond(429, {...fields, 'content-type': 'text/plain'}, 'too many requests\n');
    return true;
  },

  responseFilter({fields}, {context}) {
    for (const [name, value] of Object.entries(rateLimitFields(context.quota))) fields.set(name, value);
  },
} satisfies Partial<Phases<Limited>>;

if (import.meta.main) {
  const upstream: Upstream = {host: '127.0.0.1', port: Number(process.env.UPSTREAM_PORT ?? 3001)};
  const proxy = createProxy<Limited>({...limiting, upstreamPeer: () => upstream}, {onBug: console.error});
  const served = await serve(proxy, {port: Number(process.env.PORT ?? 8080)});
  console.log(`listening on http://127.0.0.1:${served.port}`);

  await Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  await served.drain(10_000);
  await served.close();
}
