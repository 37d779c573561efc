// Where our parser and Node's answer differently, and why that is right. Everything else is a finding.

export type KnownDifference = {
  readonly why: string;
  /** What the side that refuses says. */
  readonly refusal: RegExp;
  readonly example: string;
};

const request = (fields: string, line = 'POST / HTTP/1.1'): string => `${line}\r\nHost: app.test\r\n${fields}\r\n`;
const chunked = (chunks: string): string => `${request('Transfer-Encoding: chunked\r\n')}${chunks}`;
const answer = (fields: string, line = 'HTTP/1.1 200 OK'): string => `${line}\r\n${fields}\r\n`;
const chunkedAnswer = (chunks: string): string => `${answer('Transfer-Encoding: chunked\r\n')}${chunks}`;

/** Requests that go upstream. None of it goes there as it came: an upstream like Node never sees what it would refuse. */
export const ACCEPTED_REQUESTS: readonly KnownDifference[] = [
  {
    why: 'any token is a method: RFC 9110, section 9.1; what an upstream serves is its own decision',
    refusal: /^HPE_INVALID_METHOD/,
    example: request('', 'FETCH / HTTP/1.1'),
  },
  {
    why: 'chunk extensions are dropped, whatever they say; only the end of their line matters',
    refusal: /^HPE_STRICT: Invalid character in chunk extensions/,
    example: chunked('1;\r\na\r\n0\r\n\r\n'),
  },
  {
    why: 'framing in trailers is dropped, once it is well-formed',
    refusal: /^HPE_INVALID_CONTENT_LENGTH: Content-Length can't be present/,
    example: chunked('0\r\nContent-Length: 3\r\n\r\n'),
  },
  {
    why: 'framing in trailers is dropped, once it is well-formed',
    refusal: /^HPE_INVALID_TRANSFER_ENCODING: Invalid `Transfer-Encoding` header value/,
    example: chunked('0\r\nTransfer-Encoding: chunked\r\n\r\n'),
  },
  {
    why: 'a tab behind a value is not part of it: RFC 9110, section 5.5; the field is written anew',
    refusal: /^HPE_INVALID_TRANSFER_ENCODING: Request has invalid `Transfer-Encoding`/,
    example: `${request('Transfer-Encoding: chunked\t\r\n')}0\r\n\r\n`,
  },
];

/** Requests we do not pass on. */
export const REFUSED_REQUESTS: readonly KnownDifference[] = [
  {
    why: 'without a host there is no route',
    refusal: /^the request has no Host header/,
    example: 'GET / HTTP/1.1\r\n\r\n',
  },
  {
    why: 'of two hosts one is a lie: RFC 9112, section 3.2',
    refusal: /^the request has more than one Host header/,
    example: request('Host: other.test\r\n'),
  },
  {
    why: 'a target that names another host than Host is routed by one and served by the other',
    refusal: /^the request has a Host header that differs from its target/,
    example: request('', 'GET http://other.test/ HTTP/1.1'),
  },
  {
    why: 'fragments, backslashes and asterisks other than of OPTIONS are read in more than one way',
    refusal: /^the request target is not a path in printable characters/,
    example: request('', 'GET /a#b HTTP/1.1'),
  },
  {
    why: 'more than one empty line, or one that is a bare LF, does not stand before a request',
    refusal: /^the method is not a token/,
    example: `\r\n\r\n${request('')}`,
  },
  {
    why: 'one space stands before the target, not several',
    refusal: /^the request line is not "METHOD target HTTP\/1\.1"/,
    example: request('', 'GET  / HTTP/1.1'),
  },
  {
    why: 'one space stands before the version; 0.9 and 2.0 are other protocols',
    refusal: /^the HTTP version is not 1\.0 or 1\.1/,
    example: request('', 'GET / HTTP/2.0'),
  },
  {
    why: 'an expectation we do not know cannot be met: RFC 9110, section 10.1.1',
    refusal: /^only "Expect: 100-continue" can be met/,
    example: request('Expect: more\r\n'),
  },
  {
    why: 'codings other than chunked are not undone, so nobody knows where the body ends upstream',
    refusal: /^the Transfer-Encoding is not "chunked"/,
    example: `${request('Transfer-Encoding: gzip, chunked\r\n')}0\r\n\r\n`,
  },
  {
    why: 'HTTP/1.0 has no chunks: RFC 9112, section 6.1',
    refusal: /^HTTP\/1\.0 knows no Transfer-Encoding/,
    example: `${request('Transfer-Encoding: chunked\r\n', 'POST / HTTP/1.0')}0\r\n\r\n`,
  },
  {
    why: 'no length has more than fifteen digits, zeros in front or not',
    refusal: /^the Content-Length is not a number/,
    example: request(`Content-Length: ${'0'.repeat(30)}\r\n`),
  },
  {
    why: 'no chunk size has more than thirteen digits, zeros in front or not',
    refusal: /^the body/,
    example: chunked(`${'0'.repeat(30)}\r\n\r\n`),
  },
  {
    why: 'CONNECT opens tunnels to anywhere, TRACE shows secrets',
    refusal: /^this method is not served/,
    example: request('', 'TRACE / HTTP/1.1'),
  },
];

/** Answers that go to the client, without what Node minds. */
export const ACCEPTED_RESPONSES: readonly KnownDifference[] = [
  {
    why: 'chunk extensions are dropped, whatever they say; only the end of their line matters',
    refusal: /^HPE_STRICT: Invalid character in chunk extensions/,
    example: chunkedAnswer('1;\r\na\r\n0\r\n\r\n'),
  },
  {
    why: 'framing in trailers is dropped, once it is well-formed',
    refusal: /^HPE_INVALID_CONTENT_LENGTH: Content-Length can't be present/,
    example: chunkedAnswer('0\r\nContent-Length: 3\r\n\r\n'),
  },
  {
    why: 'an interim answer is not the last one, whatever version or Connection field it has',
    refusal: /^HPE_CLOSED_CONNECTION/,
    example: `${answer('', 'HTTP/1.0 103 Early Hints')}${answer('Content-Length: 0\r\n')}`,
  },
];

/** Answers that become a 502. */
export const REFUSED_RESPONSES: readonly KnownDifference[] = [
  {
    why: 'what is behind an unknown coding ends nobody knows where',
    refusal: /^the Transfer-Encoding is not "chunked"/,
    example: answer('Transfer-Encoding: gzip\r\n'),
  },
  {
    why: 'control characters in the reason would be passed on',
    refusal: /^a header value has control characters/,
    example: answer('Content-Length: 0\r\n', 'HTTP/1.1 200 O\x03K'),
  },
  {
    why: 'nothing stands before an answer',
    refusal: /^the HTTP version is not 1\.0 or 1\.1/,
    example: `\r\n${answer('Content-Length: 0\r\n')}`,
  },
  {
    why: 'HTTP/1.0 has no chunks: RFC 9112, section 6.1',
    refusal: /^chunks in HTTP\/1\.0/,
    example: `${answer('Transfer-Encoding: chunked\r\n', 'HTTP/1.0 200 OK')}0\r\n\r\n`,
  },
  {
    why: 'no length has more than fifteen digits, zeros in front or not',
    refusal: /^the Content-Length is not a number/,
    example: answer(`Content-Length: ${'0'.repeat(30)}\r\n`),
  },
  {
    why: 'there is no status above 599: RFC 9110, section 15',
    refusal: /^the status line is not/,
    example: answer('Content-Length: 0\r\n', 'HTTP/1.1 700 Unknown'),
  },
  {
    why: 'no chunk size has more than thirteen digits, zeros in front or not',
    refusal: /^the body/,
    example: chunkedAnswer(`${'0'.repeat(30)}\r\n\r\n`),
  },
];
