// The header fields the engine knows by name. A parser finds a field's kind from its bytes; all that follows (framing,
// what ends at us, what we set) asks for the kind, a small number, and never compares names again.

/** Any field that means nothing to the engine. */
export const OTHER = 0;
export const HOST = 1;
export const CONNECTION = 2;
export const CONTENT_LENGTH = 3;
export const TRANSFER_ENCODING = 4;
export const UPGRADE = 5;
export const TE = 6;
export const EXPECT = 7;
export const COOKIE = 8;
export const DATE = 9;
export const VIA = 10;
/** Ends at us, and nothing else about it matters: RFC 9110, section 7.6.1, and those in use beside it. */
export const HOP_BY_HOP = 11;
/** What a proxy says about the client. */
export const FORWARDED = 12;
/** Spelt with `_` like a field that matters: apps that see fields as environment variables take it for that one. */
export const IMITATION = 13;
/** A field that was deleted. */
export const DELETED = 14;
const KIND_COUNT = 15;

const KNOWN: Readonly<Record<string, number>> = {
  host: HOST,
  connection: CONNECTION,
  'content-length': CONTENT_LENGTH,
  'transfer-encoding': TRANSFER_ENCODING,
  upgrade: UPGRADE,
  te: TE,
  expect: EXPECT,
  cookie: COOKIE,
  date: DATE,
  via: VIA,
  'http2-settings': HOP_BY_HOP,
  'keep-alive': HOP_BY_HOP,
  // Apps that see fields as environment variables take it for their own proxy (CVE-2016-5385).
  proxy: HOP_BY_HOP,
  'proxy-authenticate': HOP_BY_HOP,
  'proxy-authorization': HOP_BY_HOP,
  'proxy-connection': HOP_BY_HOP,
  trailer: HOP_BY_HOP,
  forwarded: FORWARDED,
  'x-forwarded-for': FORWARDED,
  'x-forwarded-host': FORWARDED,
  'x-forwarded-port': FORWARDED,
  'x-forwarded-proto': FORWARDED,
  'x-forwarded-server': FORWARDED,
  'x-real-ip': FORWARDED,
  'x-tako-internal-token': FORWARDED,
};

/** Kinds by number: 1 where the set has the kind. */
export type KindSet = Uint8Array;

export function kindSet(...kinds: number[]): KindSet {
  const set = new Uint8Array(KIND_COUNT);
  for (const kind of kinds) set[kind] = 1;
  return set;
}

/** What ends at us in either direction. Content-Length is framing, which whoever sends the body states. */
const ENDS_AT_US = [CONNECTION, TRANSFER_ENCODING, UPGRADE, TE, HOP_BY_HOP, DELETED];

/** Not sent upstream as the client sent it. */
export const NOT_UPSTREAM = kindSet(...ENDS_AT_US, HOST, CONTENT_LENGTH, FORWARDED, IMITATION, VIA);
/** Not sent downstream as the upstream sent it. */
export const NOT_DOWNSTREAM = kindSet(...ENDS_AT_US, CONTENT_LENGTH);
/** Not sent with 101: what is left of it agrees on the protocol to switch to. */
export const NOT_IN_UPGRADE = kindSet(TRANSFER_ENCODING, CONTENT_LENGTH, TE, HOP_BY_HOP, DELETED);
/** RFC 9110, section 6.5.1: neither framing nor routing has a place in trailers. */
export const NOT_IN_TRAILERS = kindSet(...ENDS_AT_US, HOST, CONTENT_LENGTH, FORWARDED, IMITATION, VIA, EXPECT, COOKIE);

type Known = {readonly name: string; readonly kind: number};

const BUCKETS = 256;
/** Known names by length, first and last letter: a field that is not known is mostly ruled out by one look. */
const table: (readonly Known[] | undefined)[] = new Array(BUCKETS).fill(undefined);
for (const [name, kind] of Object.entries(KNOWN)) {
  const bucket = bucketOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
  table[bucket] = [...(table[bucket] ?? []), {name, kind}];
}

function bucketOf(length: number, first: number, last: number): number {
  return (length * 31 + first * 7 + last) & (BUCKETS - 1);
}

const LOWER_CASE = 0x20;

/** The kind of a field name that stands in the buffer and consists of token characters. */
export function kindOfBytes(buffer: Uint8Array, start: number, end: number): number {
  const first = (buffer[start] as number) | LOWER_CASE;
  const last = (buffer[end - 1] as number) | LOWER_CASE;
  const bucket = table[bucketOf(end - start, first, last)];
  if (bucket === undefined) return OTHER;
  for (const known of bucket) {
    if (isNamed(buffer, start, end, known.name)) return known.kind;
  }
  return OTHER;
}

/** Whether these bytes spell a name that is given in lower case. They are token characters. */
export function isNamed(buffer: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let index = 0; index < name.length; index++) {
    if (((buffer[start + index] as number) | LOWER_CASE) !== name.charCodeAt(index)) return false;
  }
  return true;
}

const byName = new Map(Object.entries(KNOWN));

/** The kind of a field by its name, however written. */
export function kindOfName(name: string): number {
  const lower = name.toLowerCase();
  const kind = byName.get(lower);
  if (kind !== undefined) return kind;
  return lower.includes('_') && isGuarded(byName.get(lower.replaceAll('_', '-'))) ? IMITATION : OTHER;
}

const isGuarded = (kind: number | undefined): boolean => kind !== undefined && NOT_UPSTREAM[kind] === 1;
