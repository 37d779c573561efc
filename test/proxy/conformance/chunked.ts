// Group B: bodies in chunks (RFC 9112, section 7.1). Where the end of a chunk can be read in two ways, a request hides.

import {isSoak} from '../../helpers/soak.js';
import {
  chunk,
  type Group,
  nameOfByte,
  passed,
  post,
  postChunked,
  type RequestVector,
  refusedInBody,
  refusedOrPassed,
  SMUGGLED,
} from './vector.js';

const LAST = '0\r\n\r\n';
const HELLO = {body: 'hello'};

/** A chunk of five bytes behind a line of size that is written in some way. */
const sized = (line: string): string => postChunked(`${line}\r\nhello\r\n${LAST}`);
/** `hello`, and then the trailer section as given. */
const trailing = (section: string): string => postChunked(`${chunk('hello')}0\r\n${section}`);

const sizes: readonly RequestVector[] = [
  passed('a chunk', sized('5'), HELLO),
  passed('no chunk but the last', postChunked(LAST)),
  passed('a last chunk of many zeros', postChunked(`${chunk('hello')}000\r\n\r\n`), HELLO),
  passed('a size with zeros before it', sized('005'), HELLO),
  passed('a size of 13 digits', sized('0000000000005'), HELLO),
  passed('a size in upper case', postChunked(`A\r\n0123456789\r\n${LAST}`), {body: '0123456789'}),
  passed('a size in lower case', postChunked(`a\r\n0123456789\r\n${LAST}`), {body: '0123456789'}),
  passed('several chunks', postChunked(chunk('he') + chunk('l') + chunk('lo') + LAST), HELLO),
  passed('a chunk of ends of line', postChunked(chunk('\r\n\r\n0\r\n\r\n') + LAST), {body: '\r\n\r\n0\r\n\r\n'}),
  passed('a chunk that looks like a request', postChunked(chunk(SMUGGLED) + LAST), {body: SMUGGLED}),
  passed('a chunk of every byte there is', postChunked(chunk(everyByte()) + LAST), {body: everyByte()}),
  ...[
    '0x5',
    ' 5',
    '5 ',
    '\t5',
    '5\t',
    '+5',
    '-5',
    '5,5',
    '5.0',
    '5_0',
    '5h',
    'G',
    'g5',
    '"5"',
    '0000000000000005',
    'fffffffffffffff',
    '7fffffffffffffff',
    '8000000000000000',
    'FFFFFFFFFFFFFFFF',
    'FFFFFFFFFFFFFFFF5',
    '10000000000000005',
    '5\0',
    '\x005',
    '5\x0b',
    '5\x0c',
    '5\x7f',
    '5\xa0',
    '\xb25',
    '5\r',
    '5\n',
    '\n5',
    '\r5',
  ].map(line => refusedInBody(`a size of ${JSON.stringify(line)}`, sized(line))),
  refusedInBody('an empty line for a size', sized('')),
  refusedInBody('an empty line before a size', sized('\r\n5')),
  refusedInBody('a size whose line ends in a bare LF', postChunked(`5\nhello\r\n${LAST}`)),
  refusedInBody('a size whose line ends in a bare CR', postChunked(`5\rhello\r\n${LAST}`)),
  refusedInBody('sizes and data that end in bare LFs', postChunked('5\nhello\n0\n\n')),
];

function everyByte(): string {
  return String.fromCharCode(...Array.from({length: 256}, (_, byte) => byte));
}

const ends: readonly RequestVector[] = [
  refusedInBody('no end of line behind the data', postChunked(`5\r\nhello${LAST}`)),
  refusedInBody('two other bytes for the end of line behind the data', postChunked(`5\r\nhelloXX${LAST}`)),
  refusedInBody('a bare LF behind the data', postChunked(`5\r\nhello\n${LAST}`)),
  refusedInBody('two bare LFs behind the data', postChunked(`5\r\nhello\n\n${LAST}`)),
  refusedInBody('a bare CR behind the data', postChunked(`5\r\nhello\r${LAST}`)),
  refusedInBody('CR and another byte behind the data', postChunked(`5\r\nhello\rX${LAST}`)),
  refusedInBody('more data than the size says', postChunked(`5\r\nhello!\r\n${LAST}`)),
  refusedInBody('data that spills into a size', postChunked(`5\r\nhello5\r\nhello\r\n${LAST}`)),
  refusedInBody('less data than the size says', postChunked(`5\r\nhell\r\n${LAST}`)),
  refusedInBody('a last size that ends in a bare LF', postChunked(`${chunk('hello')}0\n\r\n`)),
  refusedInBody('a last line that ends in a bare LF', postChunked(`${chunk('hello')}0\r\n\n`)),
  refusedInBody('a last line of CR and another byte', postChunked(`${chunk('hello')}0\r\n\rX`)),
  refusedInBody('a last chunk with no line behind it', postChunked(`${chunk('hello')}0\r\n`)),
];

/** A limit of the gateway: bytes of extensions on one line. */
const MAX_EXTENSION_BYTES = 1_024;
const DROPS_EXTENSION = {...HELLO, lacks: [/ext/]};

const extensions: readonly RequestVector[] = [
  passed('a name, and drops it', sized('5;ext'), DROPS_EXTENSION),
  passed('a name and a value, and drops them', sized('5;ext=1'), DROPS_EXTENSION),
  passed('several, and drops them', sized('5;ext=1;ext2;ext3=x'), DROPS_EXTENSION),
  passed('a quoted value, and drops it', sized('5;ext="a b"'), DROPS_EXTENSION),
  passed('a quoted value with a quote in it, and drops it', sized('5;ext="a\\"b"'), DROPS_EXTENSION),
  passed('a quoted value with a semicolon in it, and drops it', sized('5;ext="a;b"'), DROPS_EXTENSION),
  passed('one on the last chunk, and drops it', postChunked(`${chunk('hello')}0;ext=1\r\n\r\n`), DROPS_EXTENSION),
  passed('one just under the limit', sized(`5;ext=${'x'.repeat(MAX_EXTENSION_BYTES - 24)}`), DROPS_EXTENSION),
  refusedInBody('one over the limit', sized(`5;ext=${'x'.repeat(MAX_EXTENSION_BYTES + 8)}`)),
  refusedInBody('one of 16 KiB', sized(`5;ext=${'x'.repeat(16_384)}`)),
  refusedInBody('many that are together over the limit', sized(`5${';e=1'.repeat(MAX_EXTENSION_BYTES / 4 + 8)}`)),
  refusedInBody(
    'one over the limit on the last chunk',
    postChunked(`0;${'x'.repeat(MAX_EXTENSION_BYTES + 8)}\r\n\r\n`),
  ),
  refusedInBody('one without a size', sized(';ext')),
  refusedInBody('one behind a space', sized('5 ;ext')),
  refusedInBody('one behind a tab', sized('5\t;ext')),
  refusedInBody('a bare LF in one', sized('5;e\nxt')),
  refusedInBody('a bare CR in one', sized('5;e\rxt')),
  refusedInBody('a bare LF at the end of one', postChunked(`5;ext\nhello\r\n${LAST}`)),
  // TERM.EXT: who ends the line at the LF reads the next one as a chunk, and in it the end of this request.
  refusedInBody(
    'a chunk that one reader takes for an extension',
    postChunked(`2;\nxx\r\n4d\r\n0\r\n\r\n${SMUGGLED}\r\n${LAST}`),
  ),
  refusedInBody(
    'a chunk that one reader takes for an extension behind a CR',
    postChunked(`2;\rxx\r\n4d\r\n0\r\n\r\n${SMUGGLED}\r\n${LAST}`),
  ),
  ...[0x00, 0x01, 0x08, 0x0b, 0x0c, 0x1b, 0x1f, 0x7f].map(byte =>
    refusedInBody(`${nameOfByte(byte)} in one`, sized(`5;e${String.fromCharCode(byte)}xt=1`)),
  ),
  refusedOrPassed('one with no name', sized('5;'), HELLO),
  refusedOrPassed('one with a tab in it', sized('5;ext=a\tb'), DROPS_EXTENSION),
  refusedOrPassed('one of bytes over 0x7f', sized('5;ext="\xe9"'), DROPS_EXTENSION),
];

/** Fields that must not come behind the body: RFC 9110, section 6.5.1, and what we set ourselves. */
const FORBIDDEN_TRAILERS = [
  'Content-Length: 44',
  'Transfer-Encoding: chunked',
  'Host: other.test',
  'Connection: close',
  'Keep-Alive: timeout=1',
  'TE: trailers',
  'Upgrade: websocket',
  'Content_Length: 44',
  'X-Forwarded-For: 6.6.6.6',
  'X-Forwarded-Proto: http',
  'Forwarded: for=6.6.6.6',
];

const MAX_HEAD_BYTES = 65_536;
const MAX_FIELDS = 100;

const trailers: readonly RequestVector[] = [
  passed('one, and sends it on', trailing('X-Sum: abc\r\n\r\n'), {...HELLO, trailers: ['X-Sum', 'abc']}),
  passed('several, in order', trailing('X-B: 1\r\nX-A: 2\r\nX-B:\r\n\r\n'), {
    ...HELLO,
    trailers: ['X-B', '1', 'X-A', '2', 'X-B', ''],
  }),
  passed('one that the head announced', postChunked(`0\r\nX-Sum: 1\r\n\r\n`, 'Trailer: X-Sum'), {
    trailers: ['X-Sum', '1'],
  }),
  ...FORBIDDEN_TRAILERS.map(field =>
    passed(`"${field}", without sending it on`, trailing(`${field}\r\nX-Sum: abc\r\n\r\n`), {
      ...HELLO,
      trailers: ['X-Sum', 'abc'],
    }),
  ),
  passed(`${MAX_FIELDS} fields`, trailing(`${'X-A: 1\r\n'.repeat(MAX_FIELDS)}\r\n`), HELLO),
  refusedInBody('one folded onto the next line', trailing('X-A: 1\r\n 2\r\n\r\n')),
  refusedInBody('one with a space before its colon', trailing('X-A : 1\r\n\r\n')),
  refusedInBody('one behind a space', trailing(' X-A: 1\r\n\r\n')),
  refusedInBody('one without a colon', trailing('X-A\r\n\r\n')),
  refusedInBody('one without a name', trailing(': 1\r\n\r\n')),
  refusedInBody('one with a NUL in it', trailing('X-A: \0\r\n\r\n')),
  refusedInBody('one that ends in a bare LF', trailing('X-A: 1\n\r\n')),
  refusedInBody('a bare CR in one', trailing('X-A: 1\r2\r\n\r\n')),
  refusedInBody('an end of line of bare LFs behind one', trailing('X-A: 1\n\n')),
  refusedInBody('a request line for one', trailing(SMUGGLED)),
  {
    ...refusedInBody('too many fields', trailing(`${'X-A: 1\r\n'.repeat(MAX_FIELDS + 20)}\r\n`)),
    statuses: [400, 431],
  },
  {
    ...refusedInBody('more bytes than a head may have', trailing(`X-A: ${'x'.repeat(MAX_HEAD_BYTES + 16)}\r\n\r\n`)),
    statuses: [400, 431],
  },
];

const MANY = isSoak ? 1_000_000 : 10_000;

const many: readonly RequestVector[] = [
  passed('chunks of one byte', postChunked('1\r\na\r\n'.repeat(MANY) + LAST), {body: 'a'.repeat(MANY)}),
  passed('a chunk of a megabyte', postChunked(chunk('x'.repeat(2 ** 20)) + LAST), {body: 'x'.repeat(2 ** 20)}),
  passed('a body of a megabyte', post([`Content-Length: ${2 ** 20}`], 'x'.repeat(2 ** 20)), {
    body: 'x'.repeat(2 ** 20),
  }),
];

export const CHUNKED: readonly Group[] = [
  {title: 'the gateway, by the sizes of chunks,', vectors: sizes},
  {title: 'the gateway, by the ends of chunks,', vectors: ends},
  {title: 'the gateway, of the extensions of chunks,', vectors: extensions},
  {title: 'the gateway, of trailers,', vectors: trailers},
  {title: 'the gateway, of large bodies,', vectors: many},
];
