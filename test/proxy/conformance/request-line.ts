// Group C: the request line (RFC 9112, section 3; RFC 3986). What names the resource in two ways, or in a
// way the app may read differently, is refused; the rest goes on byte for byte.

import {
  CONTROL_BYTES,
  type Group,
  get,
  head,
  nameOfByte,
  passed,
  type RequestVector,
  refused,
  refusedOrPassed,
  refusedWith,
} from './vector.js';

const line = (target: string, method = 'GET'): string => head(`${method} ${target} HTTP/1.1`);
/** A GET of an absolute target, beside a Host of its own. */
const absolute = (target: string, host = 'app.test'): string => `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const asOrigin = (target: string) => ({line: `GET ${target} HTTP/1.1`, sees: [/^Host: app\.test(?::\d+)?\r$/im]});

const KEPT_TARGETS: readonly string[] = [
  '/a/b?c=d',
  '//a',
  '/a//b',
  '/./',
  '/../',
  '/a/../../b',
  '/..%2f',
  '/%2e%2e/',
  '/%2F',
  '/%5C',
  '/%00',
  '/%0d%0aX:%20y',
  '/..;/a',
  '/a;x=y',
  '/?',
  '/??',
  '/?a=+&b=%20&&c=',
  '/?a=/../b?c',
  '/%zz',
  '/%',
  '/%e9',
  '/%61pi',
  "/~a_b-c.d!$&'()*+,;=:@",
  '/?x[]=1&y[a]=2',
  '/@user:pass@host/',
  '/http://other.test/',
];

/** Not in RFC 3986, but browsers send them as they are: whatwg's URL encodes none of them in a query. */
const BROWSER_TARGETS: readonly string[] = ['/?a={b}', '/?a|b', '/?a^b', '/?`', '/?a=\\b', '/a|b'];

const REFUSED_TARGETS: readonly string[] = [
  '/a b',
  '/a  b',
  '/ ',
  ' /',
  '/#',
  '/a#b',
  '/?a#b',
  '\\',
  '/\\',
  '/a\\b',
  '/..\\',
  '\\\\other.test\\',
  '*',
  '/*'.slice(1),
  'a',
  '?a',
  ';a',
  '.',
  '%2f',
  'app.test',
  'app.test/',
  'app.test:443',
  '/\xe9',
  '/\xc3\xa9',
  '/?\xff',
  '/\x80',
];

const MAX_TARGET_BYTES = 16_384;
const ofLength = (length: number): string => `/${'a'.repeat(length - 1)}`;

const targets: readonly RequestVector[] = [
  ...KEPT_TARGETS.map(target => passed(`${target} byte for byte`, line(target))),
  ...BROWSER_TARGETS.map(target => passed(`${target} as browsers send it`, line(target))),
  ...[...new Set(REFUSED_TARGETS)].map(target => refused(`the target ${JSON.stringify(target)}`, line(target))),
  ...CONTROL_BYTES.filter(byte => byte !== 0x0d && byte !== 0x0a).map(byte =>
    refused(`${nameOfByte(byte)} in a target`, line(`/a${String.fromCharCode(byte)}b`)),
  ),
  refused('a tab in a target', line('/a\tb')),
  refused('a bare CR in a target', line('/a\rb')),
  refused('a bare LF in a target', line('/a\nb')),
  refused('no target', head('GET HTTP/1.1')),
  refused('an empty target', head('GET  HTTP/1.1')),
  ...['/<', '/>', '/"', '/a"b', '/{a}', '/^', '/`'].map(target =>
    refusedOrPassed(`the target ${target}`, line(target)),
  ),
  passed('a target of 8 KiB', line(ofLength(8_192))),
  passed('a target of 16 KiB', line(ofLength(MAX_TARGET_BYTES))),
  refusedWith([414], 'a target of one byte more', line(ofLength(MAX_TARGET_BYTES + 1))),
  refusedWith([414, 431], 'a target of 64 KiB', line(ofLength(65_536))),
  refusedWith([414, 431], 'a target of 1 MiB', line(ofLength(2 ** 20))),
];

const forms: readonly RequestVector[] = [
  passed('an absolute target as its path', absolute('http://app.test/a?b'), asOrigin('/a?b')),
  passed('an absolute https target as its path', absolute('https://app.test/a'), asOrigin('/a')),
  passed('an absolute target without a path as /', absolute('http://app.test'), asOrigin('/')),
  passed('an absolute target of only a query', absolute('http://app.test?a'), asOrigin('/?a')),
  passed('an absolute target in any case', absolute('HTTP://APP.TEST/A'), asOrigin('/A')),
  passed(
    'an absolute target with the port of its host',
    absolute('http://app.test:443/a', 'app.test:443'),
    asOrigin('/a'),
  ),
  refused('an absolute target of another host', absolute('http://other.test/')),
  refused('an absolute target whose host is another', absolute('http://app.test/', 'other.test')),
  refused('an absolute target of another port', absolute('http://app.test:81/')),
  refused('an absolute target with userinfo', absolute('http://user@app.test/')),
  refused('an absolute target with a password', absolute('http://a:b@app.test/', 'a:b@app.test')),
  refused('an absolute target without a host', absolute('http:///a')),
  refused('an absolute target with an invalid port', absolute('http://app.test:99999/', 'app.test:99999')),
  refused('an absolute target with a fragment', absolute('http://app.test/#a')),
  refused('an absolute target with a backslash', absolute('http://app.test\\a')),
  refused('an absolute target without a Host beside it', 'GET http://app.test/ HTTP/1.1\r\n\r\n'),
  refused('a target of another scheme', absolute('ftp://app.test/')),
  refused('a target without a scheme', absolute('://app.test/')),
  refused('a target of a scheme and a path', absolute('http:/app.test/')),
  passed('* for OPTIONS', line('*', 'OPTIONS')),
  refused('* for another method', line('*', 'POST')),
  refused('** for OPTIONS', line('**', 'OPTIONS')),
];

const KNOWN_METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
const UNKNOWN_METHODS: readonly string[] = [
  'FOO',
  'get',
  'Get',
  'QUERY',
  'M-SEARCH',
  '1',
  "!#$%&'*+-.^_`|~",
  'X'.repeat(64),
];
const INVALID_METHODS: readonly string[] = [
  'G/T',
  'GET:',
  'GET,',
  '(GET)',
  '"GET"',
  '<GET>',
  'G@T',
  'G\\T',
  '{GET}',
  'G[T]',
  'G;T',
  'G=T',
  'G?T',
  'G\0T',
  'G\tT',
  'G\x7fT',
  'G\xe9T',
  '\xef\xbb\xbfGET',
  'X'.repeat(65),
  'X'.repeat(1_024),
];

const methods: readonly RequestVector[] = [
  ...KNOWN_METHODS.map(method => passed(`the method ${method}`, line('/', method))),
  ...UNKNOWN_METHODS.map(
    (method): RequestVector => ({
      ...passed(`the method ${method}, which it does not know`, line('/', method)),
      reader: 'bytes',
    }),
  ),
  ...INVALID_METHODS.map(method =>
    refused(`the method ${JSON.stringify(method).slice(0, 40)} of ${method.length} bytes`, line('/', method)),
  ),
  refused('no method', head(' / HTTP/1.1')),
  ...['TRACE', 'TRACK'].map(method => refusedWith([405], `the method ${method}`, line('/', method))),
  refusedWith([405], 'TRACE with a body', head('TRACE / HTTP/1.1', 'Content-Length: 3').concat('abc')),
  refusedWith([405], 'CONNECT to an authority', line('app.test:443', 'CONNECT')),
  refusedWith([405], 'CONNECT to another host', line('other.test:22', 'CONNECT')),
  refusedWith([400, 405], 'CONNECT to a path', line('/', 'CONNECT')),
];

const INVALID_VERSIONS: readonly string[] = [
  'HTTP/0.9',
  'HTTP/1.2',
  'HTTP/1.9',
  'HTTP/2.0',
  'HTTP/2',
  'HTTP/3.0',
  'HTTP/9.9',
  'http/1.1',
  'Http/1.1',
  'HTTP/1.10',
  'HTTP/1.01',
  'HTTP/01.1',
  'HTTP/11.1',
  'HTTP/11',
  'HTTP/1',
  'HTTP/1.',
  'HTTP/.1',
  'HTTP/1,1',
  'HTTP/+1.1',
  'HTTP/-1.1',
  'HTTP/1.1x',
  'HTTP/1.1 x',
  'HTTP/1.1 ',
  'HTTP/1.1\t',
  'HTTP /1.1',
  'HTTP/ 1.1',
  'HTTP\\1.1',
  'HTTPS/1.1',
  'HTP/1.1',
  'ICY/1.1',
  'HTTP/\xb9.1',
  'HTTP/1.\x001',
  '',
];

const versions: readonly RequestVector[] = [
  ...INVALID_VERSIONS.map(version => refused(`the version ${JSON.stringify(version)}`, head(`GET / ${version}`))),
  refused('HTTP/0.9, which has no version', 'GET /\r\n'),
  refused('HTTP/0.9 with fields', head('GET /')),
  refused('the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  refused('the preface of HTTP/2 with a host', head('PRI * HTTP/2.0').concat('SM\r\n\r\n')),
  {...passed('HTTP/1.0 as HTTP/1.1, and closes', head('GET / HTTP/1.0')), canary: 'dropped'},
  {
    ...passed('HTTP/1.0 that wants to be kept alive', head('GET / HTTP/1.0', 'Connection: keep-alive')),
    canary: 'either',
  },
  {
    ...passed('a body in HTTP/1.0', head('POST / HTTP/1.0', 'Content-Length: 3').concat('abc'), {body: 'abc'}),
    canary: 'dropped',
  },
  {
    name: 'answers HTTP/1.0 without a host itself',
    request: 'GET / HTTP/1.0\r\n\r\n',
    expect: 'answered',
    statuses: [400, 421],
  },
];

const separators: readonly RequestVector[] = [
  refused('two spaces behind the method', head('GET  / HTTP/1.1')),
  refused('two spaces behind the target', head('GET /  HTTP/1.1')),
  refused('a tab behind the method', head('GET\t/ HTTP/1.1')),
  refused('a tab behind the target', head('GET /\tHTTP/1.1')),
  refused('a space before the method', head(' GET / HTTP/1.1')),
  refused('a tab before the method', head('\tGET / HTTP/1.1')),
  ...[0x0b, 0x0c, 0xa0].map(byte =>
    refused(`${nameOfByte(byte)} for a space`, head(`GET${String.fromCharCode(byte)}/ HTTP/1.1`)),
  ),
  refused('a CR for a space', head('GET\r/ HTTP/1.1')),
  refused('a line that ends in a bare LF', 'GET / HTTP/1.1\nHost: app.test\r\n\r\n'),
  refused('a line that ends in a bare CR', 'GET / HTTP/1.1\rHost: app.test\r\n\r\n'),
  refused('a line that ends in CR CR LF', 'GET / HTTP/1.1\r\r\nHost: app.test\r\n\r\n'),
  passed('one empty line before the request', `\r\n${get()}`),
  refused('two empty lines before the request', `\r\n\r\n${get()}`),
  refused('an empty line of a bare LF before the request', `\n${get()}`),
  refused('an empty line of a bare CR before the request', `\r${get()}`),
  refused('a field before the request line', `X: y\r\n${get()}`),
  refused('a NUL before the request line', `\0${get()}`),
  refused('a byte order mark before the request line', `\xef\xbb\xbf${get()}`),
  refused('a handshake of TLS', `\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03${'\x07'.repeat(160)}`),
];

export const REQUEST_LINE: readonly Group[] = [
  {title: 'the gateway, of targets,', vectors: targets},
  {title: 'the gateway, of forms of targets,', vectors: forms},
  {title: 'the gateway, of methods,', vectors: methods},
  {title: 'the gateway, of versions,', vectors: versions},
  {title: 'the gateway, of what separates the parts,', vectors: separators},
];
