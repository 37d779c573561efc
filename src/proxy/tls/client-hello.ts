// What must be known before a handshake begins: which host the client names, as node:tls decides per server whether a client
// certificate is asked for, and whether it speaks HTTP or is a CA that looks for proof of a name. The reader is strict. What it does not take is called 'not-tls', and OpenSSL,
// which gets the same bytes, has the last word on it; a name is never guessed.

export type ClientHello =
  /** More bytes are needed. */
  | {readonly state: 'incomplete'}
  /** Another protocol, a malformed hello, or one that is too long. */
  | {readonly state: 'not-tls'}
  | ({readonly state: 'complete'} & HelloFacts);

export type HelloFacts = {
  /** In lower case, otherwise as the client wrote it; undefined where it names none. */
  readonly serverName: string | undefined;
  /** What it offers to speak (ALPN, RFC 7301), in its order. */
  readonly protocols: readonly string[];
};

/** Bytes of a hello with its record headers. Those of browsers, with post-quantum keys, are under 2 KiB. */
export const MAX_CLIENT_HELLO_BYTES = 16 * 1024;

const RECORD_HEADER_BYTES = 5;
const HANDSHAKE_HEADER_BYTES = 4;
/** RFC 8446, section 5.1. */
const MAX_FRAGMENT_BYTES = 2 ** 14;
const RANDOM_BYTES = 32;
const MAX_SESSION_ID_BYTES = 32;
/** RFC 6066, section 3; a name in DNS has at most 253 characters, OpenSSL takes up to 255. */
const MAX_SERVER_NAME_BYTES = 255;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const SERVER_NAME_EXTENSION = 0;
/** RFC 7301, section 3.1. */
const ALPN_EXTENSION = 16;
const HOST_NAME = 0;

const INCOMPLETE: ClientHello = {state: 'incomplete'};
const NOT_TLS: ClientHello = {state: 'not-tls'};

/**
 * Reads the hello at the start of what a client sent so far (RFC 8446, section 4.1.2; RFC 5246 has the same form), in as
 * many TLS records as it likes. What follows the hello is not looked at.
 */
export function parseClientHello(bytes: Buffer): ClientHello {
  const message = joinFragments(bytes);
  if (message === 'incomplete') return bytes.length < MAX_CLIENT_HELLO_BYTES ? INCOMPLETE : NOT_TLS;
  if (message === 'not-tls') return NOT_TLS;
  try {
    return {state: 'complete', ...readHello(createReader(message))};
  } catch (error) {
    if (error instanceof Malformed) return NOT_TLS;
    throw error;
  }
}

/** The body of the first handshake message, out of one or more records. */
function joinFragments(bytes: Buffer): Buffer | 'incomplete' | 'not-tls' {
  const fragments: Buffer[] = [];
  let joined = 0;
  let end: number | 'incomplete' | 'not-tls' = 'incomplete';
  for (let offset = 0; ; ) {
    const length = readRecordHeader(bytes, offset);
    if (typeof length !== 'number') return length;
    offset += RECORD_HEADER_BYTES;
    const fragment = bytes.subarray(offset, offset + length);
    offset += length;
    fragments.push(fragment);
    joined += fragment.length;
    if (end === 'incomplete') end = readMessageEnd(fragments, joined);
    if (end === 'not-tls') return end;
    if (end !== 'incomplete' && joined >= end) return joinAll(fragments).subarray(HANDSHAKE_HEADER_BYTES, end);
  }
}

/** The length of a record's fragment. Judges each byte as soon as it is there: a client of another protocol may be waiting for us to speak. */
function readRecordHeader(bytes: Buffer, offset: number): number | 'incomplete' | 'not-tls' {
  const [type, major] = [bytes[offset], bytes[offset + 1]];
  if (type !== undefined && type !== HANDSHAKE_RECORD) return 'not-tls';
  if (major !== undefined && major !== 3) return 'not-tls';
  if (bytes.length < offset + RECORD_HEADER_BYTES) return 'incomplete';
  const length = bytes.readUInt16BE(offset + 3);
  return length === 0 || length > MAX_FRAGMENT_BYTES ? 'not-tls' : length;
}

/** Where the message ends, its own header included. */
function readMessageEnd(fragments: readonly Buffer[], joined: number): number | 'incomplete' | 'not-tls' {
  const type = fragments[0]?.[0];
  if (type !== undefined && type !== CLIENT_HELLO) return 'not-tls';
  if (joined < HANDSHAKE_HEADER_BYTES) return 'incomplete';
  const length = joinAll(fragments).readUIntBE(1, 3);
  return length > MAX_CLIENT_HELLO_BYTES ? 'not-tls' : HANDSHAKE_HEADER_BYTES + length;
}

/** One fragment, which most hellos are, is not copied. */
function joinAll(fragments: readonly Buffer[]): Buffer {
  const [first] = fragments;
  return first && fragments.length === 1 ? first : Buffer.concat(fragments);
}

/** Throws Malformed. */
function readHello(hello: Reader): HelloFacts {
  hello.skip(2 + RANDOM_BYTES);
  if (hello.vector(1).left() > MAX_SESSION_ID_BYTES) throw new Malformed();
  const suites = hello.vector(2).left();
  if (suites === 0 || suites % 2 !== 0) throw new Malformed();
  if (hello.vector(1).left() === 0) throw new Malformed();
  // TLS 1.2 allows a hello without extensions.
  if (hello.left() === 0) return {serverName: undefined, protocols: []};
  const extensions = hello.vector(2);
  if (hello.left() > 0) throw new Malformed();
  return readExtensions(extensions);
}

function readExtensions(extensions: Reader): HelloFacts {
  let serverName: string | undefined;
  let protocols: readonly string[] | undefined;
  while (extensions.left() > 0) {
    const type = extensions.number(2);
    const content = extensions.vector(2);
    // One that comes twice: which of them is meant, another reader may see differently.
    if (type === SERVER_NAME_EXTENSION) serverName = onlyOnce(serverName, readHostName(content));
    if (type === ALPN_EXTENSION) protocols = onlyOnce(protocols, readProtocols(content));
  }
  return {serverName, protocols: protocols ?? []};
}

function onlyOnce<T>(before: T | undefined, now: T): T {
  if (before !== undefined) throw new Malformed();
  return now;
}

function readProtocols(content: Reader): readonly string[] {
  const list = content.vector(2);
  if (content.left() > 0 || list.left() === 0) throw new Malformed();
  const protocols: string[] = [];
  while (list.left() > 0) {
    const name = list.vector(1);
    if (name.left() === 0) throw new Malformed();
    protocols.push(name.text());
  }
  return protocols;
}

/** A list of exactly one entry, a host name: no other kind was ever defined. */
function readHostName(content: Reader): string {
  const list = content.vector(2);
  if (content.left() > 0 || list.number(1) !== HOST_NAME) throw new Malformed();
  const name = list.vector(2);
  if (list.left() > 0 || name.left() === 0 || name.left() > MAX_SERVER_NAME_BYTES) throw new Malformed();
  const text = name.text();
  if (!/^[\x21-\x7e]*$/.test(text)) throw new Malformed();
  return text.toLowerCase();
}

class Malformed extends Error {}

/** Walks through bytes. Each step throws Malformed where they end too early. */
type Reader = {
  left(): number;
  skip(count: number): void;
  /** An unsigned number of that many bytes. */
  number(bytes: 1 | 2): number;
  /** A field that its length, in that many bytes, precedes. */
  vector(lengthBytes: 1 | 2): Reader;
  /** All that is left. */
  text(): string;
};

function createReader(bytes: Buffer): Reader {
  let offset = 0;
  const take = (count: number): Buffer => {
    if (bytes.length - offset < count) throw new Malformed();
    offset += count;
    return bytes.subarray(offset - count, offset);
  };
  const number = (count: 1 | 2): number => take(count).readUIntBE(0, count);
  return {
    left: () => bytes.length - offset,
    skip: count => void take(count),
    number,
    vector: lengthBytes => createReader(take(number(lengthBytes))),
    text: () => take(bytes.length - offset).toString('latin1'),
  };
}
