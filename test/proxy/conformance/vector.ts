// What a vector is. Every text stands for bytes: one character is one byte (latin1).

/**
 * What must become of a request.
 *
 * - `passed`: the app reads exactly one request, with the bounds the client gave it.
 * - `refused`: answered, the connection closed, and no byte of it at the app.
 * - `refused-or-passed`: RFC 9112 leaves it open; whichever it is, it must be that in full.
 * - `refused-in-body`: as refused, but the head was fine: the app may have seen a beginning, never a whole request.
 * - `answered`: the gateway answers by itself, no byte of it at the app; the connection may serve on.
 */
export type Verdict = 'passed' | 'refused' | 'refused-or-passed' | 'refused-in-body' | 'answered';

/** What the app must find in the request. */
export type Sight = {
  /** The request line; without it, that of the client in HTTP/1.1. */
  readonly line?: string;
  /** The body with its framing undone; empty if not given. */
  readonly body?: string;
  /** Found in the bytes of its head. */
  readonly sees?: readonly RegExp[];
  /** Not found in any byte of it. */
  readonly lacks?: readonly RegExp[];
  /** The trailer fields that came behind the body, if it matters which. */
  readonly trailers?: readonly string[];
};

export type RequestVector = {
  /** A sentence with the gateway as its subject, unless the group says otherwise. */
  readonly name: string;
  readonly request: string;
  readonly expect: Verdict;
  /** One of these, where the gateway answers; 400 if not given. */
  readonly statuses?: readonly number[];
  readonly upstream?: Sight;
  /** What happens to the request behind it; answered if this one passes, dropped if it does not. */
  readonly canary?: 'answered' | 'dropped' | 'either';
  /** Who reads at the app: llhttp knows no made-up methods. */
  readonly reader?: 'llhttp' | 'bytes';
};

export type Group = {readonly title: string; readonly vectors: readonly RequestVector[]};

/** Stands behind every vector on its connection. Whoever misjudges where a request ends shows it here. */
export const CANARY = 'GET /canary HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n';

/** Hidden in bodies: whoever takes a body for requests shows it at the app. */
export const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n';

/** A whole head: the request line, the host, the fields, and the line that ends it. */
export const head = (line: string, ...fields: readonly string[]): string =>
  `${[line, 'Host: app.test', ...fields].join('\r\n')}\r\n\r\n`;

export const get = (...fields: readonly string[]): string => head('GET / HTTP/1.1', ...fields);

export const post = (fields: readonly string[], body = ''): string => head('POST / HTTP/1.1', ...fields) + body;

/** A POST whose body is given in chunks, as they are on the wire. */
export const postChunked = (wire: string, ...fields: readonly string[]): string =>
  post(['Transfer-Encoding: chunked', ...fields], wire);

/** One chunk of the body. */
export const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`;

/** How a byte is written in a test's name. */
export const nameOfByte = (byte: number): string => `0x${byte.toString(16).padStart(2, '0')}`;

/** The control bytes that no field may contain: all but the tab (RFC 9110, section 5.5). */
export const CONTROL_BYTES: readonly number[] = [
  ...Array.from({length: 32}, (_, byte) => byte).filter(byte => byte !== 0x09),
  0x7f,
];

/** Shorthands for vectors that need no more than a name and bytes. */
export const refused = (name: string, request: string): RequestVector => ({
  name: `refuses ${name}`,
  request,
  expect: 'refused',
});

export const refusedWith = (statuses: readonly number[], name: string, request: string): RequestVector => ({
  ...refused(name, request),
  statuses,
});

export const refusedInBody = (name: string, request: string): RequestVector => ({
  name: `refuses ${name}`,
  request,
  expect: 'refused-in-body',
});

export const passed = (name: string, request: string, upstream: Sight = {}): RequestVector => ({
  name: `passes ${name}`,
  request,
  expect: 'passed',
  upstream,
});

export const refusedOrPassed = (name: string, request: string, upstream: Sight = {}): RequestVector => ({
  name: `refuses or passes, but never mends, ${name}`,
  request,
  expect: 'refused-or-passed',
  upstream,
});
