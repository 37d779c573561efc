// Group A: where a request ends. A disagreement about it between us and the app is how requests are smuggled
// (RFC 9112, sections 6 and 11.2).

import {
  CONTROL_BYTES,
  chunk,
  type Group,
  get,
  head,
  nameOfByte,
  passed,
  post,
  postChunked,
  type RequestVector,
  refused,
  refusedOrPassed,
  SMUGGLED,
} from './vector.js';

const CHUNKED = 'Transfer-Encoding: chunked';
const EMPTY = '0\r\n\r\n';
const SEES_LENGTH = [/^Content-Length: 0*3\r$/im];

const withLength = (value: string): string => post([`Content-Length: ${value}`], 'abc');
const withEncoding = (value: string): string => post([`Transfer-Encoding:${value}`], EMPTY);

const LENGTHS: readonly string[] = [
  '',
  '3, 3',
  '3,4',
  '3 3',
  '3;',
  '+3',
  '-3',
  '-0',
  '0x3',
  '3.0',
  '3_0',
  '3e0',
  '"3"',
  '3\xa0',
  '\xb3',
  'three',
  'Infinity',
  '9007199254740992',
  '18446744073709551615',
  '18446744073709551619',
  '340282366920938463463374607431768211459',
];

const ENCODINGS: readonly string[] = [
  '',
  ' ',
  ' identity',
  ' xchunked',
  ' chunkedx',
  ' chunked, identity',
  ' identity, chunked',
  ' gzip, chunked',
  ' gzip',
  ' deflate',
  ' trailers',
  ' chunked, chunked',
  ' ,chunked',
  ' chunked,',
  ' chunked;',
  ' chunked;q=1',
  ' chunked; q=0.5',
  ' "chunked"',
  " 'chunked'",
  ' chunked chunked',
  ' chunk ed',
  ' chun\tked',
  ' \xa0chunked',
  ' chunked\xa0',
  ' \x85chunked',
  ' \xef\xbb\xbfchunked',
  ' c\xe8unked',
  ' {chunked}',
  ' chunked:',
  ':chunked',
  ' =chunked',
  ' Transfer-Encoding: chunked',
];

const lengths: readonly RequestVector[] = [
  ...LENGTHS.map(value => refused(`a length of ${JSON.stringify(value)}`, withLength(value))),
  refused('two lengths that differ', post(['Content-Length: 3', 'Content-Length: 4'], 'abc')),
  refused('two lengths that are equal', post(['Content-Length: 3', 'Content-Length: 3'], 'abc')),
  refused('two lengths written differently', post(['content-length: 3', 'X: y', 'CONTENT-LENGTH: 03'], 'abc')),
  refused('two lengths of a GET', get('Content-Length: 0', 'Content-Length: 44')),
  refused('a length of nothing beside one', post(['Content-Length:', 'Content-Length: 3'], 'abc')),
  refused('a length with a space before its colon', post(['Content-Length : 3'], 'abc')),
  refused('a length with a tab before its colon', post(['Content-Length\t: 3'], 'abc')),
  refused('a length with a NUL in its name', post(['Content-Length\0: 3'], 'abc')),
  refused('a length without a colon', post(['Content-Length 3'], 'abc')),
  refused('a length folded onto the next line', post(['Content-Length:', ' 3'], 'abc')),
  passed('a length with zeros before it', withLength('03'), {body: 'abc', sees: SEES_LENGTH}),
  passed('a length with no space before it', post(['Content-Length:3'], 'abc'), {body: 'abc', sees: SEES_LENGTH}),
  passed('a length with many spaces before it', withLength('   3'), {body: 'abc', sees: SEES_LENGTH}),
  passed('a length with a space behind it', withLength('3 '), {body: 'abc'}),
  passed('a length of zero, and the request behind it', withLength('0').slice(0, -3), {
    sees: [/^Content-Length: 0\r$/m],
  }),
  passed('a length of zero on a GET', get('Content-Length: 0')),
  passed('a body that looks like a request', post([`Content-Length: ${SMUGGLED.length}`], SMUGGLED), {body: SMUGGLED}),
  passed('a body that looks like the end of chunks', post(['Content-Length: 5'], EMPTY), {body: EMPTY}),
  passed('an end of line too many behind a body', `${withLength('3')}\r\n`, {body: 'abc'}),
  passed('a POST without framing as one without a body', post([])),
];

const encodings: readonly RequestVector[] = [
  ...ENCODINGS.map(value => refused(`Transfer-Encoding:${JSON.stringify(value)}`, withEncoding(value))),
  refused('two encodings, both chunked', post([CHUNKED, CHUNKED], EMPTY)),
  refused('identity above chunked', post(['Transfer-Encoding: identity', CHUNKED], EMPTY)),
  refused('identity below chunked', post([CHUNKED, 'Transfer-Encoding: identity'], EMPTY)),
  refused('an empty encoding above chunked', post(['Transfer-Encoding:', CHUNKED], EMPTY)),
  refused('an encoding of a GET that is not chunked', get('Transfer-Encoding: identity')),
  refused('an encoding with a space before its colon', post(['Transfer-Encoding : chunked'], EMPTY)),
  refused('an encoding with a tab before its colon', post(['Transfer-Encoding\t: chunked'], EMPTY)),
  refused('an encoding without a colon', post(['Transfer-Encoding chunked'], EMPTY)),
  refused('an encoding with a space in its name', post(['Transfer Encoding: chunked'], EMPTY)),
  refused('an encoding behind a space', post([` ${CHUNKED}`], EMPTY)),
  refused('an encoding folded onto the next line', post(['Transfer-Encoding:', ' chunked'], EMPTY)),
  refused('an encoding folded by a tab', post(['Transfer-Encoding:', '\tchunked'], EMPTY)),
  refused('an encoding that goes on in the next line', post([CHUNKED, ' , identity'], EMPTY)),
  refused('an encoding behind a bare LF', post([`X: y\n${CHUNKED}`], EMPTY)),
  refused('an encoding behind a bare CR', post([`X: y\r${CHUNKED}`], EMPTY)),
  refused('an encoding folded behind a bare LF', post(['Transfer-Encoding:\n chunked'], EMPTY)),
  refused('an encoding whose line ends in a bare LF', post([`${CHUNKED}\nX: y`], EMPTY)),
  refused('an encoding in HTTP/1.0', head('POST / HTTP/1.0', CHUNKED) + EMPTY),
  refused(
    'an encoding in HTTP/1.0 that is to be kept alive',
    head('POST / HTTP/1.0', 'Connection: keep-alive', CHUNKED) + EMPTY,
  ),
  passed('chunked in any case', postChunkedAs(' cHuNkEd'), {body: 'abc', sees: [/^Transfer-Encoding: *chunked\r$/im]}),
  passed('chunked without a space before it', postChunkedAs('chunked'), {body: 'abc'}),
  refusedOrPassed('chunked behind a tab', postChunkedAs('\tchunked'), {body: 'abc'}),
  refusedOrPassed('chunked with a tab behind it', postChunkedAs(' chunked\t'), {body: 'abc'}),
  refusedOrPassed('chunked with a space behind it', postChunkedAs(' chunked '), {body: 'abc'}),
];

function postChunkedAs(value: string): string {
  return post([`Transfer-Encoding:${value}`], `${chunk('abc')}${EMPTY}`);
}

const both: readonly RequestVector[] = [
  refused('a length above chunked', post(['Content-Length: 5', CHUNKED], EMPTY)),
  refused('a length below chunked', post([CHUNKED, 'Content-Length: 5'], EMPTY)),
  refused('a length that hides what is behind the chunks', post(['Content-Length: 49', CHUNKED], EMPTY + SMUGGLED)),
  refused('a length of zero beside chunked', post(['Content-Length: 0', CHUNKED], EMPTY)),
  refused('a length beside an encoding of nothing', post(['Content-Length: 3', 'Transfer-Encoding:'], 'abc')),
  refused('a length beside identity', post(['Content-Length: 3', 'Transfer-Encoding: identity'], 'abc')),
  refused('a length beside chunked on a GET', get('Content-Length: 5', CHUNKED) + EMPTY),
];

/** RFC 9112, section 11.2: how others were told one thing and the app another. Every odd byte, at every place. */
const oddBytes: readonly RequestVector[] = [...CONTROL_BYTES, 0x80, 0x85, 0xa0, 0xad, 0xff].flatMap(byte => {
  const odd = String.fromCharCode(byte);
  return [
    refused(`${nameOfByte(byte)} before the encoding's value`, post([`Transfer-Encoding: ${odd}chunked`], EMPTY)),
    refused(`${nameOfByte(byte)} behind the encoding's value`, post([`Transfer-Encoding: chunked${odd}`], EMPTY)),
    refused(`${nameOfByte(byte)} before the encoding's name`, post([`${odd}${CHUNKED}`], EMPTY)),
    refused(`${nameOfByte(byte)} behind the encoding's name`, post([`Transfer-Encoding${odd}: chunked`], EMPTY)),
    refused(`${nameOfByte(byte)} in the encoding's name`, post([`Transfer${odd}Encoding: chunked`], EMPTY)),
    refused(`${nameOfByte(byte)} before the length`, withLength(`${odd}3`)),
    refused(`${nameOfByte(byte)} behind the length`, withLength(`3${odd}`)),
  ];
});

/** A body on a method that seldom has one went upstream unframed in other proxies, and so became a request there. */
const bodiesOfAnyMethod: readonly RequestVector[] = ['GET', 'HEAD', 'DELETE', 'OPTIONS', 'PUT', 'PATCH'].flatMap(
  method => {
    const line = `${method} /a HTTP/1.1`;
    return [
      passed(`${method} with a request in chunks, framed`, head(line, CHUNKED) + chunk(SMUGGLED) + EMPTY, {
        body: SMUGGLED,
        sees: [/^(?:Transfer-Encoding: chunked|Content-Length: \d+)\r$/im],
      }),
      passed(
        `${method} with a request of a length, framed`,
        head(line, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
        {
          body: SMUGGLED,
          sees: [new RegExp(`^Content-Length: ${SMUGGLED.length}\r$`, 'im')],
        },
      ),
    ];
  },
);

/** What a client calls hop-by-hop must not take away what frames or what we state. */
const namedByConnection: readonly RequestVector[] = [
  passed('chunks whose encoding Connection names', postChunked(chunk('abc') + EMPTY, 'Connection: transfer-encoding'), {
    body: 'abc',
    sees: [/^Transfer-Encoding: chunked\r$/im],
  }),
  passed(
    'a length that Connection names',
    post(['Connection: keep-alive, Content-Length', 'Content-Length: 3'], 'abc'),
    {
      body: 'abc',
      sees: SEES_LENGTH,
    },
  ),
  passed('a host that Connection names', get('Connection: host'), {sees: [/^Host: app\.test\r$/m]}),
  passed(
    'a request whose Connection names what we set',
    get('Connection: x-forwarded-for, x-forwarded-proto, x-forwarded-host, forwarded, via'),
    {
      sees: [/^X-Forwarded-For: 127\.0\.0\.1\r$/m, /^X-Forwarded-Proto: https?\r$/m, /^Forwarded: for=127\.0\.0\.1/m],
    },
  ),
];

/** Who takes `_` for `-`, as CGI does, must not find what frames or what we set. */
const underscores: readonly RequestVector[] = [
  passed('no length with an underscore', post([`Content_Length: ${SMUGGLED.length}`]), {lacks: [/content_length/i]}),
  passed('no encoding with an underscore', post(['Transfer_Encoding: chunked']), {lacks: [/transfer_encoding/i]}),
  passed(
    'no encoding with an underscore beside a length',
    post(['Content-Length: 3', 'Transfer_Encoding: chunked'], 'abc'),
    {
      body: 'abc',
      lacks: [/transfer_encoding/i],
    },
  ),
];

export const FRAMING: readonly Group[] = [
  {title: 'the gateway, by the length of a request,', vectors: lengths},
  {title: 'the gateway, by the encoding of a request,', vectors: encodings},
  {title: 'the gateway, by both length and encoding,', vectors: both},
  {title: 'the gateway, by a body on any method,', vectors: bodiesOfAnyMethod},
  {title: 'the gateway, by what Connection names,', vectors: namedByConnection},
  {title: 'the gateway, by names with underscores,', vectors: underscores},
  {title: 'the gateway, by odd bytes around the framing,', vectors: oddBytes},
];
