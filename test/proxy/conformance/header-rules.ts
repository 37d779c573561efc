// Groups A and D: the fields of a request. What ends at us goes no further, what we state cannot be claimed by a client,
// and everything else goes on as it came (RFC 9110, sections 5 and 7.6).

import {
  CONTROL_BYTES,
  type Group,
  get,
  nameOfByte,
  passed,
  post,
  type RequestVector,
  refused,
  refusedOrPassed,
  refusedWith,
  SMUGGLED,
} from './vector.js';

/** Visible characters that no name may contain, but for the colon, which ends it (RFC 9110, section 5.6.2). */
const DELIMITERS = '"(),/;<=>?@[\\]{}';

const syntax: readonly RequestVector[] = [
  ...[...DELIMITERS].map(character => refused(`${character} in a name`, get(`X${character}A: b`))),
  ...CONTROL_BYTES.flatMap(byte => [
    refused(`${nameOfByte(byte)} in a name`, get(`X${String.fromCharCode(byte)}A: b`)),
    refused(`${nameOfByte(byte)} in a value`, get(`X-A: b${String.fromCharCode(byte)}c`)),
    refused(`${nameOfByte(byte)} at the end of a value`, get(`X-A: b${String.fromCharCode(byte)}`)),
  ]),
  ...[0x80, 0xa0, 0xe9, 0xff].map(byte =>
    refused(`${nameOfByte(byte)} in a name`, get(`X${String.fromCharCode(byte)}A: b`)),
  ),
  refused('a tab in a name', get('X\tA: b')),
  refused('a space in a name', get('X A: b')),
  refused('a space before a colon', get('X-A : b')),
  refused('a tab before a colon', get('X-A\t: b')),
  refused('a line without a colon', get('X-A')),
  refused('a line without a name', get(': b')),
  refused('a line of a colon', get(':')),
  refused('a line of a space', get(' ')),
  refused('a field behind a space at the top', 'GET / HTTP/1.1\r\n X-A: b\r\nHost: app.test\r\n\r\n'),
  refused('a value folded by a space', get('X-A: b', ' c')),
  refused('a value folded by a tab', get('X-A: b', '\tc')),
  refused('a line of only a tab', get('X-A: b', '\t')),
  refused('a folded line that looks like a length', post(['X-A: b', ' Content-Length: 44'], SMUGGLED)),
  refused('a request line for a field', get('GET /smuggled HTTP/1.1')),
  refused('a bare LF behind a field', get('X-A: b\nX-C: d')),
  refused('a bare CR behind a field', get('X-A: b\rX-C: d')),
  refused('LF CR behind a field', get('X-A: b\n\rX-C: d')),
  refused('CR CR LF behind a field', get('X-A: b\r')),
  refused('a head that ends in two bare LFs', 'GET / HTTP/1.1\r\nHost: app.test\n\n'),
  refused('a head of bare LFs', 'GET / HTTP/1.1\nHost: app.test\n\n'),
  refused('a head that ends in CR LF LF', 'GET / HTTP/1.1\r\nHost: app.test\r\n\n'),
  refused('a head that ends in LF CR LF', 'GET / HTTP/1.1\r\nHost: app.test\n\r\n'),
  refused('a head that ends in CR LF CR and another byte', 'GET / HTTP/1.1\r\nHost: app.test\r\n\rX'),
  refused('a head that ends in CR LF CR and a request', `GET / HTTP/1.1\r\nHost: app.test\r\n\r${SMUGGLED}`),
  refused('a head that ends in two bare CRs', 'GET / HTTP/1.1\r\nHost: app.test\r\r'),
];

const kept: readonly RequestVector[] = [
  passed('case and order of fields', get('x-B: 1', 'X-a: 2', 'x-B: 3', 'X-C: 4'), {
    sees: [/\r\nx-B: 1\r\nX-a: 2\r\nx-B: 3\r\nX-C: 4\r\n/],
  }),
  passed('an empty value', get('X-A:', 'X-B: c'), {sees: [/\r\nX-A: ?\r\nX-B: c\r\n/]}),
  passed('an empty value behind spaces', get('X-A:   ', 'X-B: c'), {sees: [/\r\nX-A: *\r\nX-B: c\r\n/]}),
  passed('a tab inside a value', get('X-A: b\tc'), {sees: [/\r\nX-A: b\tc\r\n/]}),
  passed('a value without a space before it', get('X-A:b'), {sees: [/\r\nX-A: ?b\r\n/]}),
  passed('a colon in a value', get('X-A: b:c: d'), {sees: [/\r\nX-A: b:c: d\r\n/]}),
  passed('latin1 in a value', get('X-A: caf\xe9'), {sees: [/\r\nX-A: caf\xe9\r\n/]}),
  passed('UTF-8 in a value', get('X-A: caf\xc3\xa9 \xf0\x9f\x90\x99'), {
    sees: [/\r\nX-A: caf\xc3\xa9 \xf0\x9f\x90\x99\r\n/],
  }),
  passed('every byte over 0x7f in a value', get(`X-A: ${highBytes()}.`), {
    sees: [new RegExp(`\r\nX-A: ${highBytes()}\\.\r\n`)],
  }),
  passed('the name __proto__', get('__proto__: x', 'X-A: b'), {sees: [/\r\n__proto__: x\r\nX-A: b\r\n/]}),
  passed('the name constructor', get('constructor: x', 'toString: y'), {
    sees: [/\r\nconstructor: x\r\ntoString: y\r\n/],
  }),
  passed('every character a name may have', get("X!#$%&'*+-.^_`|~9: b"), {
    sees: [/\r\nX!#\$%&'\*\+-\.\^_`\|~9: b\r\n/],
  }),
  passed('a name that is a number', get('42: b'), {sees: [/\r\n42: b\r\n/]}),
  passed('Authorization', get('Authorization: Bearer abc=='), {sees: [/\r\nAuthorization: Bearer abc==\r\n/]}),
  passed(
    'Origin, Referer and Range',
    get('Origin: https://app.test', 'Referer: https://app.test/x', 'Range: bytes=0-1'),
    {
      sees: [/\r\nOrigin: https:\/\/app\.test\r\nReferer: https:\/\/app\.test\/x\r\nRange: bytes=0-1\r\n/],
    },
  ),
  passed('the cookies of two lines, in order', get('Cookie: a=1', 'Cookie: b=2'), {
    sees: [/a=1(?:; |\r\nCookie: )b=2\r\n/i],
  }),
  passed('names with underscores that mean nothing to us', get('X_A: b', 'access_token: c'), {
    sees: [/\r\nX_A: b\r\naccess_token: c\r\n/],
  }),
];

function highBytes(): string {
  return String.fromCharCode(...Array.from({length: 128}, (_, index) => index + 128));
}

/** RFC 9110, section 7.6.1, and those in use beside it. */
const HOP_BY_HOP: readonly string[] = [
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'Proxy-Authorization: Basic abc',
  'Proxy-Authenticate: Basic',
  'TE: trailers',
  'TE: gzip;q=0.5, trailers',
  'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA',
];

const nameOf = (field: string): string => field.slice(0, field.indexOf(':'));
const lacking = (field: string) => ({lacks: [new RegExp(`\r\n${nameOf(field)}:`, 'i')], sees: [/\r\nX-A: b\r\n/]});

const hopByHop: readonly RequestVector[] = [
  ...HOP_BY_HOP.map(field => passed(`a request without its "${field}"`, get(field, 'X-A: b'), lacking(field))),
  passed('a request without what Connection names', get('Connection: x-hop', 'X-Hop: 1', 'X-A: b'), lacking('x-hop:')),
  passed(
    'a request without what a list in Connection names',
    get('connection:\t, X-HOP ,, x-b', 'X-Hop: 1', 'X-A: b'),
    lacking('x-hop:'),
  ),
  passed(
    'a request without what a second Connection names',
    get('Connection: x-b', 'Connection: x-hop', 'X-Hop: 1', 'X-A: b'),
    lacking('x-hop:'),
  ),
  passed(
    'a request without what a Connection below names',
    get('X-Hop: 1', 'X-A: b', 'Connection: x-hop'),
    lacking('x-hop:'),
  ),
  passed(
    'a request without each of the lines Connection names',
    get('Connection: x-hop', 'x-hop: 1', 'X-A: b', 'X-HOP: 2'),
    lacking('x-hop:'),
  ),
  {
    ...passed('a request that asks to close, without asking the app', get('Connection: close', 'X-A: b')),
    canary: 'dropped',
  },
  {...passed('a request that asks to close in any case', get('connection: x, CLOSE')), canary: 'dropped'},
  passed('a request whose Connection names nothing', get('Connection:', 'X-A: b'), {sees: [/\r\nX-A: b\r\n/]}),
];

/** What a client claims, and what of it must not be found at the app. */
const CLAIMS: readonly string[] = [
  'X-Forwarded-For: 6.6.6.6',
  'X-FORWARDED-FOR: 6.6.6.6, 127.0.0.1',
  'X-Forwarded-Proto: 6.6.6.6',
  'X-Forwarded-Host: 6.6.6.6',
  'X-Forwarded-Port: 6.6.6.6',
  'X-Forwarded-Server: 6.6.6.6',
  'X-Real-IP: 6.6.6.6',
  'Forwarded: for=6.6.6.6',
  'X_Forwarded_For: 6.6.6.6',
  'X-Forwarded_For: 6.6.6.6',
  'x_forwarded_proto: 6.6.6.6',
  'X_Forwarded_Host: 6.6.6.6',
  'X_Real_IP: 6.6.6.6',
];

const claims: readonly RequestVector[] = [
  ...CLAIMS.map(field =>
    passed(`a request without its claim "${field}"`, get(field, 'X-A: b'), {
      lacks: [/6\.6\.6\.6/],
      sees: [/\r\nX-A: b\r\n/],
    }),
  ),
  passed('a request without the claims of many lines', get(...CLAIMS), {lacks: [/6\.6\.6\.6/]}),
  ...['Content_Length: 44', 'Transfer_Encoding: chunked', 'Keep_Alive: 1', 'Proxy_Connection: 1'].map(field =>
    passed(`a request without "${field}"`, get(field, 'X-A: b'), lacking(field)),
  ),
  passed('a host of its own only', get('X-Forwarded-Host: other.test', 'X-Host: other.test'), {
    sees: [
      /^Host: app\.test\r$/m,
      /^X-Forwarded-Host: app\.test\r$/m,
      /^Forwarded: for=127\.0\.0\.1;host="app\.test";proto=https?\r$/m,
    ],
  }),
];

const viaLines = (count: number): readonly string[] => Array.from({length: count}, () => 'Via: 1.1 tako');

const via: readonly RequestVector[] = [
  passed('a request with itself in Via', get(), {sees: [/^Via: 1\.1 tako\r$/m]}),
  passed('a request with itself behind those in Via', get('Via: 1.0 fred, 1.1 other'), {
    sees: [/^Via: 1\.0 fred, 1\.1 other(?:, |\r\nVia: )1\.1 tako\r$/m],
  }),
  passed('a request that Connection: via is to take it out of', get('Connection: via', 'Via: 1.0 fred'), {
    sees: [/^Via: (?:.*, )?1\.1 tako\r$/m],
  }),
  passed('a request that came by nine times', get(...viaLines(9))),
  ...[
    ['in lines', get(...viaLines(10))],
    ['in a list', get(`Via: ${viaLines(10).join(', ').replaceAll('Via: ', '')}`)],
    ['among others', get('Via: 1.1 a', ...viaLines(10), 'Via: 1.1 b')],
  ].map(
    ([where, request = '']): RequestVector => ({
      name: `answers 508 to a request that names it ten times, ${where}`,
      request,
      expect: 'answered',
      statuses: [508],
    }),
  ),
];

const MAX_HEAD_BYTES = 65_536;
const MAX_FIELDS = 100;

/** A GET whose head, with the empty line that ends it, is so long. */
const ofHead = (bytes: number): string => get(`X-A: ${'x'.repeat(bytes - get('X-A: ').length)}`);
const fields = (count: number): readonly string[] => Array.from({length: count}, (_, index) => `X${index}: 1`);

const limits: readonly RequestVector[] = [
  passed('a head of 64 KiB', ofHead(MAX_HEAD_BYTES)),
  refusedWith([431], 'a head of more than 64 KiB', ofHead(MAX_HEAD_BYTES + 16)),
  refusedWith([431], 'a head of 1 MiB', ofHead(2 ** 20)),
  refusedWith([431], 'a name of 64 KiB', get(`${'X'.repeat(MAX_HEAD_BYTES)}: 1`)),
  passed(`${MAX_FIELDS} fields`, get(...fields(MAX_FIELDS - 1))),
  refusedWith([431], `${MAX_FIELDS + 1} fields`, get(...fields(MAX_FIELDS))),
  ...[1_000, 2_000, 5_000].map(count =>
    refusedWith(
      [431],
      `${count} fields before a length`,
      post([...fields(count), `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    ),
  ),
  refusedWith(
    [431],
    '2000 fields before an encoding',
    post([...fields(2_000), 'Transfer-Encoding: chunked'], '0\r\n\r\n'),
  ),
  refusedWith(
    [431],
    '2000 fields before the host',
    `GET / HTTP/1.1\r\n${fields(2_000).join('\r\n')}\r\nHost: app.test\r\n\r\n`,
  ),
  refusedOrPassed('a head of 64 KiB and a few bytes', ofHead(MAX_HEAD_BYTES + 2)),
].map(vector => (vector.expect === 'refused-or-passed' ? {...vector, statuses: [431]} : vector));

export const HEADER_RULES: readonly Group[] = [
  {title: 'the gateway, of the syntax of fields,', vectors: syntax},
  {title: 'the gateway, of fields that go on as they are,', vectors: kept},
  {title: 'the gateway, of fields that end at it,', vectors: hopByHop},
  {title: 'the gateway, of fields that only it may set,', vectors: claims},
  {title: 'the gateway, of Via,', vectors: via},
  {title: 'the gateway, of the size of a head,', vectors: limits},
];
