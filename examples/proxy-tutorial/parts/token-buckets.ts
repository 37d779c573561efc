// Token buckets: each client has one that is full at first and fills at a steady rate. A request takes a token; who has
// none left waits. A pause earns a burst, and no more than the bucket holds.

export type Quota = {
  readonly isAllowed: boolean;
  /** Whole tokens left. */
  readonly remaining: number;
  /** Until there is a token, 0 if there is one. */
  readonly retryAfterSeconds: number;
  /** Until the bucket is full again. */
  readonly resetSeconds: number;
};

export type TokenBuckets = {
  /** `nowMs` comes from a clock that is never set back, such as performance.now(). */
  take(client: string, nowMs: number): Quota;
};

/** What is remembered of clients; one that is forgotten gets a full bucket, as it would have had after a pause. */
const MAX_CLIENTS = 100_000;

export function createTokenBuckets(capacity: number, perSecond: number): TokenBuckets {
  // When a bucket will be full again says everything about it: this is all that is kept of a client.
  const fullAt = new Map<string, number>();
  const msPerToken = 1_000 / perSecond;
  return {
    take(client, nowMs) {
      const missing = Math.max(0, (fullAt.get(client) ?? 0) - nowMs) / msPerToken;
      const isAllowed = missing + 1 <= capacity;
      const after = isAllowed ? missing + 1 : missing;
      fullAt.delete(client);
      fullAt.set(client, nowMs + after * msPerToken);
      if (fullAt.size > MAX_CLIENTS) fullAt.delete(fullAt.keys().next().value ?? '');
      return {
        isAllowed,
        remaining: Math.floor(capacity - after),
        retryAfterSeconds: isAllowed ? 0 : Math.ceil(((missing + 1 - capacity) * msPerToken) / 1_000),
        resetSeconds: Math.ceil((after * msPerToken) / 1_000),
      };
    },
  };
}
