// The server around a proxy library from npm: `node serve.mjs NAME LISTEN UPSTREAM CERT KEY`. Each is given what its
// documentation offers for speed and for equal work: keep-alive to the upstream and the X-Forwarded headers.
import {readFileSync} from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import {createRequire} from 'node:module';

const require = createRequire(import.meta.url);
const [name, listen, upstream, certFile, keyFile] = process.argv.slice(2);
const target = `http://127.0.0.1:${upstream}`;
const tls = {cert: readFileSync(certFile), key: readFileSync(keyFile), allowHTTP1: true};
const agent = new http.Agent({keepAlive: true, maxFreeSockets: 64});

const starts = {'http-proxy': startHttpProxy, 'http-proxy-3': startHttpProxy3, 'fast-proxy': startFastProxy};
const server = starts[name]();
server.keepAliveTimeout = 300_000;
server.listen(Number(listen), '127.0.0.1');

function startHttpProxy() {
  const proxy = require('http-proxy').createProxyServer({target, agent, xfwd: true, ws: true});
  // It knows HTTP/1.1 only, hence node:https here and HTTP/2 below.
  return serve(https.createServer(tls), proxy);
}

function startHttpProxy3() {
  const proxy = require('http-proxy-3').createProxyServer({target, agent, xfwd: true, ws: true});
  return serve(http2.createSecureServer(tls), proxy);
}

function serve(server, proxy) {
  proxy.on('error', (_error, _request, response) =>
    response.writeHead ? response.writeHead(502).end() : response.destroy(),
  );
  return server
    .on('request', (request, response) => proxy.web(request, response))
    .on('upgrade', (request, socket, head) => proxy.ws(request, socket, head));
}

function startFastProxy() {
  const {proxy} = require('fast-proxy')({base: target, maxFreeSockets: 64});
  const options = {rewriteRequestHeaders: addForwarded};
  return http2.createSecureServer(tls, (request, response) => proxy(request, response, request.url, options));
}

/** It sends X-Forwarded-Host by itself, over HTTP/2 an empty one. */
function addForwarded(request, headers) {
  headers['x-forwarded-for'] = request.socket.remoteAddress;
  headers['x-forwarded-proto'] = 'https';
  headers['x-forwarded-host'] ??= request.headers[':authority'];
  return headers;
}
