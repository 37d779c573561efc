// Answers kept in memory: which may be kept and for how long (RFC 9111), which of them answers a request, and which are
// thrown out when there is no more room.

type Fields = {get(name: string): string | undefined; has(name: string): boolean};

export type Kept = {
  readonly fields: readonly string[];
  readonly body: Buffer;
  /** As Date.now() gives it. */
  readonly keptAt: number;
  readonly freshSeconds: number;
  /** What the request said in the fields that Vary names. */
  readonly vary: readonly (readonly [name: string, value: string | undefined])[];
};

/** Whether a request may be answered with what was kept, and its answer be kept. A login makes it one person's own. */
export function mayAnswer({method, fields}: {readonly method: string; readonly fields: Fields}): boolean {
  const directives = (fields.get('cache-control') ?? '').toLowerCase();
  const isForOne = fields.has('authorization') || fields.has('range');
  return method === 'GET' && !isForOne && !/\b(no-store|no-cache|max-age=0)\b/.test(directives);
}

/** How long an answer is fresh, by s-maxage, or else max-age, less the Age it came with. 0: it is not to be kept. */
export function freshSecondsOf(status: number, fields: Fields): number {
  const directives = (fields.get('cache-control') ?? '').toLowerCase();
  const isForAll = !/\b(no-store|no-cache|private)\b/.test(directives) && !fields.has('set-cookie');
  if (status !== 200 || !isForAll || fields.get('vary')?.includes('*')) return 0;
  const age = /\bs-maxage=(\d+)/.exec(directives)?.[1] ?? /\bmax-age=(\d+)/.exec(directives)?.[1] ?? 0;
  return Math.max(0, Number(age) - Number(fields.get('age') ?? 0)) || 0;
}

/** What a request says in the fields that an answer's Vary names. */
export function variantOf(vary: string | undefined, request: Fields): Kept['vary'] {
  const names = (vary ?? '')
    .toLowerCase()
    .split(',')
    .map(name => name.trim());
  return names.filter(name => name !== '').map(name => [name, request.get(name)] as const);
}

export type CacheStore = {
  find(key: string, request: Fields): Kept | undefined;
  put(key: string, kept: Kept): void;
  delete(key: string): void;
};

/** Of one address; a client that makes up a language with each request gets no further. */
const MAX_VARIANTS = 16;

/** Keeps up to `maxBytes`; what has not been asked for the longest goes first. */
export function createCacheStore(maxBytes: number): CacheStore {
  const byKey = new Map<string, readonly Kept[]>();
  let bytes = 0;

  function replace(key: string, list: readonly Kept[]): void {
    bytes += sizeOf(key, list) - sizeOf(key, byKey.get(key) ?? []);
    byKey.delete(key);
    if (list.length > 0) byKey.set(key, list);
  }

  return {
    find(key, request) {
      const fresh = (byKey.get(key) ?? []).filter(isFresh);
      // Set anew, the key is the youngest of the map.
      replace(key, fresh);
      return fresh.find(({vary}) => vary.every(([name, value]) => request.get(name) === value));
    },
    put(key, kept) {
      const others = (byKey.get(key) ?? []).filter(other => isFresh(other) && !isSameVariant(other, kept));
      replace(key, [...others.slice(1 - MAX_VARIANTS), kept]);
      for (const oldest of byKey.keys()) {
        if (bytes <= maxBytes) break;
        replace(oldest, []);
      }
    },
    delete: key => replace(key, []),
  };
}

const isFresh = ({keptAt, freshSeconds}: Kept): boolean => Date.now() - keptAt < freshSeconds * 1_000;
const isSameVariant = (a: Kept, b: Kept): boolean => JSON.stringify(a.vary) === JSON.stringify(b.vary);

/** Texts count too: a million of small answers are many fields. */
const sizeOf = (key: string, list: readonly Kept[]): number =>
  list.reduce(
    (sum, {body, fields, vary}) => sum + body.length + key.length + fields.join().length + vary.join().length,
    0,
  );
