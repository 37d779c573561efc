// Chromium against `tako proxy`: a page of many small files, and a WebSocket, all of it on one HTTP/2 connection.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import path from 'node:path';
import {afterAll, describe, it, onTestFinished} from 'vitest';
import {WebSocketServer} from 'ws';
import {createHome, startProxy} from '../../commands/proxy-support.js';
import {openBrowser} from '../../helpers/chromium.js';
import {requires} from '../../helpers/system-parts.js';
import {startUpstream} from '../harness.js';

const FILES = 100;

const home = createHome();
afterAll(home.remove);

const PAGE = `<!doctype html><title>files</title>${Array.from(
  {length: FILES},
  (_, index) => `<script src="/file-${index}.js"></script>`,
).join('')}`;

/** The page, its files, and a WebSocket that echoes. */
async function startApp(): Promise<string> {
  const {server, port} = await startUpstream((request, response) => {
    const file = /^\/file-(\d+)\.js$/.exec(request.url ?? '')?.[1];
    response.setHeader('content-type', file === undefined ? 'text/html' : 'text/javascript');
    response.end(file === undefined ? PAGE : `(globalThis.files ??= []).push(${file})`);
  });
  const sockets = new WebSocketServer({server});
  sockets.on('connection', socket => socket.on('message', data => socket.send(`echo ${data}`)));
  return `127.0.0.1:${port}`;
}

/** Passes connections on, and counts those on which something was said. */
async function startCountingRelay(to: number): Promise<{readonly port: number; used(): number}> {
  const sockets = new Set<Socket>();
  let used = 0;
  const relay = createServer(client => {
    const server = connect(to, '127.0.0.1');
    client.once('data', () => used++);
    for (const socket of [client, server]) sockets.add(socket.on('error', () => socket.destroy()));
    client.pipe(server).pipe(client);
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  onTestFinished(() => {
    relay.close();
    for (const socket of sockets) socket.destroy();
  });
  return {port: (relay.address() as AddressInfo).port, used: () => used};
}

/** Sends a message and resolves with what comes back. */
const ECHO = `new Promise((resolve, reject) => {
  const socket = new WebSocket('wss://' + location.host + '/socket');
  socket.onopen = () => socket.send('hello');
  socket.onmessage = ({data}) => resolve(data);
  socket.onerror = () => reject(new Error('the WebSocket failed'));
})`;

describe.skipIf(requires('chromium', 'certutil'))('in Chromium', () => {
  it('a page, its hundred files and its WebSocket come over one connection', {timeout: 60_000}, async () => {
    const proxy = await startProxy(home.folder, '--to', await startApp(), '--host', 'shop.test', '--access-log');
    const relay = await startCountingRelay(proxy.port);
    const browser = await openBrowser(path.join(home.folder, 'ca', 'ca.crt'));
    onTestFinished(() => browser.close());
    const page = await browser.page();
    await page.goto(`https://shop.test:${relay.port}/`);
    assert.equal(await page.evaluate('new Set(files).size'), FILES);
    assert.deepEqual(
      await page.evaluate(`[...new Set(performance.getEntriesByType('resource').map(entry => entry.nextHopProtocol))]`),
      ['h2'],
    );
    const connections = relay.used();
    assert.equal(await page.evaluate(ECHO), 'echo hello');
    // An HTTP/1.1 handshake would have needed a connection of its own.
    assert.equal(relay.used(), connections);
    await page.close();
    const [socket] = await proxy.untilRequests(1, ({target}) => target === '/socket');
    assert.deepEqual([socket?.httpVersion, socket?.outcome], ['2', 'tunnelled']);
    const files = proxy.requests().filter(({target}) => target.startsWith('/file-'));
    assert.ok(files.length === FILES && files.every(({status, httpVersion}) => status === 200 && httpVersion === '2'));
  });
});
