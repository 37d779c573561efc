// A web app that knows nothing of tako's packages: it listens on a free port and says which on file descriptor 4.
import {closeSync, writeSync} from 'node:fs';
import {createServer} from 'node:http';

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(`<!doctype html>
<meta charset="utf-8">
<title>hello</title>
<style>body { font: 18px/1.6 system-ui; margin: 15vh auto; max-width: 34rem; padding: 0 1rem }</style>
<h1>Hello from ${request.headers['x-forwarded-proto'] ?? 'http'}://${request.headers.host}</h1>
<p>Process ${process.pid}, port ${server.address().port}.</p>
`);
});

server.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  const {port} = server.address();
  console.log(`listening on port ${port}`);
  if (process.env.PORT === '0') {
    writeSync(4, `${port}\n`);
    closeSync(4);
  }
});

process.on('SIGTERM', () => server.close(() => process.exit(0)));
