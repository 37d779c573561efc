// A small web app to have something to proxy to. Try it without a proxy first:
//
//   node upstream.ts 3001
//   curl -i 'http://127.0.0.1:3001/?cache-control=max-age=60'     every query parameter becomes a field of the answer
//   curl -i 'http://127.0.0.1:3001/stream?status=404'             a body without a length, and another status
//   curl http://127.0.0.1:3001/headers                            what it was asked, as JSON
//   curl -d hello http://127.0.0.1:3001/echo                      the body it got

import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';

let answers = 0;

const server = createServer((request, response) => {
  const {pathname, searchParams} = new URL(request.url ?? '/', 'http://upstream');
  for (const [name, value] of searchParams) response.setHeader(name, value);
  response.statusCode = Number(searchParams.get('status') ?? 200);
  response.setHeader('x-powered-by', 'a small web app');
  // Health checks are not counted, so that the numbers below tell what reached the app.
  if (pathname === '/health') response.end('healthy\n');
  else answer(pathname, request, response);
});

function answer(path: string, request: IncomingMessage, response: ServerResponse): void {
  answers += 1;
  if (path === '/headers') response.end(`${JSON.stringify({target: request.url, ...request.headers}, null, 2)}\n`);
  else if (path === '/echo') request.pipe(response);
  else if (path === '/stream')
    response.write(`answer ${answers} of ${portOf()}\n`, () => response.end('and its end\n'));
  else response.end(`answer ${answers} of ${portOf()}\n`);
}

const portOf = (): number => (server.address() as AddressInfo).port;

server.listen(Number(process.argv[2] ?? 3001), '127.0.0.1', () => {
  console.log(`upstream listening on http://127.0.0.1:${portOf()}`);
});
