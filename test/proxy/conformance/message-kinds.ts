// Groups E and F, as far as one request tells: expectations, and upgrades that are none.

import {
  chunk,
  type Group,
  get,
  head,
  passed,
  post,
  postChunked,
  type RequestVector,
  refused,
  SMUGGLED,
} from './vector.js';

const EXPECT = 'Expect: 100-continue';
const LAST = '0\r\n\r\n';

const expectations: readonly RequestVector[] = [
  passed('a body that does not wait for 100', post([EXPECT, 'Content-Length: 3'], 'abc'), {
    body: 'abc',
    sees: [/\r\nExpect: 100-continue\r\n/i],
  }),
  passed('chunks that do not wait for 100', postChunked(chunk('abc') + LAST, EXPECT), {body: 'abc'}),
  passed('an expectation in any case', post(['expect: 100-CONTINUE', 'Content-Length: 3'], 'abc'), {body: 'abc'}),
  passed('a request in a body that waits for 100', post([EXPECT, `Content-Length: ${SMUGGLED.length}`], SMUGGLED), {
    body: SMUGGLED,
  }),
  {
    ...passed(
      'a body in HTTP/1.0, which cannot wait',
      head('POST / HTTP/1.0', EXPECT, 'Content-Length: 3').concat('abc'),
      {
        body: 'abc',
      },
    ),
    canary: 'dropped',
  },
  ...[
    '100',
    'continue',
    '100-continue, other',
    '100-continue;x',
    '200-ok',
    '100 continue',
    '100-continue 100-continue',
  ].map(
    (value): RequestVector => ({
      name: `answers 417 to "Expect: ${value}"`,
      request: get(`Expect: ${value}`),
      expect: 'answered',
      statuses: [417],
    }),
  ),
  {
    name: 'answers 417 to an expectation beside one it knows',
    request: get(EXPECT, 'Expect: other'),
    expect: 'answered',
    statuses: [417],
  },
  {
    name: 'answers 417 to an expectation it does not know, and reads no request in the body behind it',
    request: post(['Expect: other', `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    expect: 'answered',
    statuses: [417],
  },
  refused('a length that hides behind an expectation', post([EXPECT, 'Content-Length: 3', 'Content-Length: 4'], 'abc')),
  refused('an expectation folded onto the next line', post(['Expect:', ' 100-continue', 'Content-Length: 3'], 'abc')),
];

/**
 * Seen as a request like any other, without the fields of an upgrade. The connection may be closed behind it: what follows
 * a wish to upgrade may be of another protocol already.
 */
const ordinary = (name: string, request: string, body = ''): RequestVector => ({
  ...passed(`${name} as an ordinary request`, request, {
    body,
    lacks: [/\r\nUpgrade:/i, /\r\nConnection:[^\r]*upgrade/i, /HTTP2-Settings/i],
  }),
  canary: 'either',
});

const WEBSOCKET = ['Connection: Upgrade', 'Upgrade: websocket'];

const upgrades: readonly RequestVector[] = [
  ordinary(
    'Upgrade: h2c',
    get('Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA'),
  ),
  ordinary('Upgrade: H2C', get('Connection: Upgrade', 'Upgrade: H2C')),
  ordinary('h2c and websocket', get('Connection: Upgrade', 'Upgrade: h2c, websocket')),
  ordinary('websocket and h2c', get('Connection: Upgrade', 'Upgrade: websocket, h2c')),
  ordinary('an upgrade to a list', get('Connection: Upgrade', 'Upgrade: websocket, foo')),
  ordinary('upgrades in two lines', get(...WEBSOCKET, 'Upgrade: foo')),
  ordinary('an upgrade that Connection does not name', get('Upgrade: websocket')),
  ordinary('a Connection that names an upgrade there is not', get('Connection: Upgrade')),
  ordinary('an upgrade to nothing', get('Connection: Upgrade', 'Upgrade:')),
  ordinary('an upgrade that is no token', get('Connection: Upgrade', 'Upgrade: web socket')),
  ordinary(
    'an upgrade with a body of a length',
    head('GET / HTTP/1.1', ...WEBSOCKET, `Content-Length: ${SMUGGLED.length}`) + SMUGGLED,
    SMUGGLED,
  ),
  ordinary(
    'an upgrade with a body in chunks',
    head('GET / HTTP/1.1', ...WEBSOCKET, 'Transfer-Encoding: chunked') + chunk(SMUGGLED) + LAST,
    SMUGGLED,
  ),
  ordinary('an upgrade by POST', post(WEBSOCKET)),
  ordinary(
    'an upgrade by POST with a body',
    post([...WEBSOCKET, `Content-Length: ${SMUGGLED.length}`], SMUGGLED),
    SMUGGLED,
  ),
  ordinary('an upgrade by HEAD', head('HEAD / HTTP/1.1', ...WEBSOCKET)),
  ordinary('an upgrade in HTTP/1.0', head('GET / HTTP/1.0', ...WEBSOCKET)),
];

export const MESSAGE_KINDS: readonly Group[] = [
  {title: 'the gateway, of expectations,', vectors: expectations},
  {title: 'the gateway, of upgrades that are none,', vectors: upgrades},
];
