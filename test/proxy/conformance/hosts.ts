// Group C: the host (RFC 9112, section 3.2), and requests for a host that no app has.

import {type Group, passed, type RequestVector, refused, refusedOrPassed, SMUGGLED} from './vector.js';

const hosted = (...hosts: readonly string[]): string =>
  `GET / HTTP/1.1\r\n${hosts.map(host => `Host:${host}\r\n`).join('')}\r\n`;

const REFUSED_HOSTS: readonly string[] = [
  '',
  ' ',
  ' app.test, app.test',
  ' app.test,other.test',
  ' app.test app.test',
  ' app.test\tx',
  ' user@app.test',
  ' user:pass@app.test',
  ' @app.test',
  ' app.test@',
  ' app.test/',
  ' app.test/path',
  ' http://app.test',
  ' app.test?a',
  ' app.test#a',
  ' app.test\\a',
  ' app.test;a',
  ' "app.test"',
  ' <app.test>',
  ' app.test:99999',
  ' app.test:65536',
  ' app.test:-1',
  ' app.test:+80',
  ' app.test:80a',
  ' app.test:a',
  ' app.test: 80',
  ' app.test :80',
  ' app.test:80:80',
  ' :80',
  ' [::1',
  ' ::1]',
  ' ::1',
  ' [::1]x',
  ' [::1]:x',
  ' []',
  ' [app.test]',
  ' app.test%',
  ' app.test\0',
  ' app\0.test',
  ' app.test\x0b',
  ' app.test\x7f',
  ' b\xc3\xbccher.test',
  ' b\xfccher.test',
  ' app.test\xa0',
];

const hosts: readonly RequestVector[] = [
  ...REFUSED_HOSTS.map(host => refused(`the host ${JSON.stringify(host)}`, hosted(host))),
  refused('no host', 'GET / HTTP/1.1\r\n\r\n'),
  refused('no host but a name like it', 'GET / HTTP/1.1\r\nHosts: app.test\r\n\r\n'),
  refused('no host but one with an underscore', 'GET / HTTP/1.1\r\nHost_: app.test\r\nX_Host: app.test\r\n\r\n'),
  refused('two hosts that differ', hosted(' app.test', ' other.test')),
  refused('two hosts that are equal', hosted(' app.test', ' app.test')),
  refused('two hosts in different cases', 'GET / HTTP/1.1\r\nHost: app.test\r\nX: y\r\nhOST: app.test\r\n\r\n'),
  refused('an empty host above one', hosted('', ' app.test')),
  refused('a host with a space before its colon', 'GET / HTTP/1.1\r\nHost : app.test\r\n\r\n'),
  refused('a host behind a space', 'GET / HTTP/1.1\r\n Host: app.test\r\n\r\n'),
  refused('a host folded onto the next line', 'GET / HTTP/1.1\r\nHost:\r\n app.test\r\n\r\n'),
  ...[' APP.TEST', ' app.test:443', ' app.test.', 'app.test', '   app.test', ' app.test  ', ' app.test:65535'].map(
    host => passed(`the host ${JSON.stringify(host)}`, hosted(host), {sees: [/^Host: app\.test\.?(?::\d+)?\r$/im]}),
  ),
  refusedOrPassed('a host with an empty port', hosted(' app.test:')),
  ...[' other.test', ' sub.app.test', ' [::1]', ' [::1]:443', ' 127.0.0.1', ' xn--bcher-kva.test', ' 1'].map(
    (host): RequestVector => ({
      name: `answers 421 for the host${host}, which no app has`,
      request: hosted(host),
      expect: 'answered',
      statuses: [421],
    }),
  ),
  {
    name: 'reads no request in a body it has no app for',
    request: `POST / HTTP/1.1\r\nHost: other.test\r\nContent-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`,
    expect: 'answered',
    statuses: [421],
  },
  {
    name: 'reads no request in chunks it has no app for',
    request: `POST / HTTP/1.1\r\nHost: other.test\r\nTransfer-Encoding: chunked\r\n\r\n2c\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    expect: 'answered',
    statuses: [421],
  },
];

export const HOSTS: readonly Group[] = [{title: 'the gateway, of hosts,', vectors: hosts}];
