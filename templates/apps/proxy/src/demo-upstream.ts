import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import type {Upstream} from 'tako.sh/proxy';

/** An app to show the proxy with, until UPSTREAM in tako.toml says what is really behind it. */
export async function startDemoUpstream(): Promise<Upstream> {
  const server = createServer((request, response) => {
    const page = `<!doctype html>\n<title>{{name}}</title>\n<h1>Hello from {{name}}</h1>\n<p>via ${request.headers.via}</p>\n`;
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // It ends with the proxy.
  server.unref();
  return {host: '127.0.0.1', port: (server.address() as AddressInfo).port};
}
