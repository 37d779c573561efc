// Well-formed messages that mutations start from: one of each kind the codec knows.

const lines = (...text: string[]): string => `${text.join('\r\n')}\r\n`;

export const REQUESTS: readonly string[] = [
  lines('GET / HTTP/1.1', 'Host: app.test', ''),
  lines(
    'GET /search?q=a+b%20c&&x= HTTP/1.1',
    'Host: app.test:8443',
    'Connection: keep-alive',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36',
    'Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8',
    'Accept-Encoding: gzip, deflate, br',
    'Cookie: session=abc; theme=dark',
    '',
  ),
  lines('HEAD /file HTTP/1.1', 'host: APP.test', 'X-Empty:', 'X-Spaces:  \t a b \t ', ''),
  `${lines('POST /form HTTP/1.1', 'Host: app.test', 'Content-Type: text/plain', 'Content-Length: 11', '')}hello world`,
  `${lines('PUT /file HTTP/1.1', 'Host: app.test', 'Content-Length: 0', '')}`,
  `${lines('POST /chunks HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: chunked', '')}${lines('5', 'hello', '6;a=b', ' world', '0', '')}`,
  `${lines('DELETE /x HTTP/1.1', 'Host: app.test', 'Transfer-Encoding: Chunked', 'Trailer: X-Sum', '')}${lines('a', '0123456789', '0', 'X-Sum: 1', 'x-other: 2', '')}`,
  `${lines('POST / HTTP/1.1', 'Host: app.test', 'Expect: 100-continue', 'Content-Length: 3', '')}abc`,
  `${lines('GET /a HTTP/1.1', 'Host: app.test', '')}${lines('GET /b HTTP/1.1', 'Host: app.test', 'Connection: close', '')}`,
  lines('GET http://app.test/absolute?x=1 HTTP/1.1', 'Host: app.test', ''),
  lines('OPTIONS * HTTP/1.1', 'Host: app.test', ''),
  lines('GET /old HTTP/1.0', 'Host: app.test', 'Connection: keep-alive', ''),
  lines('', 'GET /behind-an-empty-line HTTP/1.1', 'Host: [::1]:80', ''),
  lines(
    'GET /socket HTTP/1.1',
    'Host: app.test',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
    '',
  ),
  lines(
    'GET /hops HTTP/1.1',
    'Host: app.test',
    'Connection: close, X-Mine',
    'X-Mine: 1',
    'TE: trailers',
    'Keep-Alive: timeout=5',
    'X-Forwarded-For: 10.0.0.1',
    'X_Forwarded_For: 10.0.0.2',
    'Via: 1.1 other',
    '',
  ),
];

export const RESPONSES: readonly string[] = [
  `${lines('HTTP/1.1 200 OK', 'Content-Type: text/plain', 'Content-Length: 5', '')}hello`,
  `${lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '')}${lines('5', 'hello', '1', '!', '0', '')}`,
  `${lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: Grpc-Status', '')}${lines('3;x', 'abc', '0', 'Grpc-Status: 0', '')}`,
  `${lines('HTTP/1.1 200 OK', 'Connection: close', '')}until the connection closes`,
  `${lines('HTTP/1.0 200 OK', 'Server: old', '')}old`,
  lines('HTTP/1.1 204 No Content', 'Date: Thu, 01 Jan 2026 00:00:00 GMT', ''),
  lines('HTTP/1.1 304 Not Modified', 'ETag: "x"', 'Content-Length: 10', ''),
  `${lines('HTTP/1.1 100 Continue', '')}${lines('HTTP/1.1 201 Created', 'Content-Length: 0', 'Location: /x', '')}`,
  `${lines('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload', '')}${lines('HTTP/1.1 404 Not Found', 'Content-Length: 3', '')}gon`,
  `${lines('HTTP/1.1 500', 'Set-Cookie: a=1', 'Set-Cookie: b=2', 'Content-Length: 1', '')}x`,
  `${lines('HTTP/1.1 404 ', 'X-Bytes: \xe9\xff', 'Content-Length: 0', '')}`,
];
