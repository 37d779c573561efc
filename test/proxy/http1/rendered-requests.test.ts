// What becomes of an accepted request on its way upstream: however it was mutated, an upstream sees one request in which
// nothing is left that ends at us or that the client says about itself.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import http from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, beforeAll, describe, it} from 'vitest';
import type {ClientConnection} from '../../../src/proxy/client-side.js';
import {NOT_UPSTREAM} from '../../../src/proxy/field-kinds.js';
import {addedFieldsFor} from '../../../src/proxy/forwarded.js';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {HeadParser} from '../../../src/proxy/http1/head-parser.js';
import {checkRequest, isRefusal, upgradeOf} from '../../../src/proxy/http1/request-checks.js';
import {createHttp1Pool} from '../../../src/proxy/http1/upstream-pool.js';
import {DEFAULT_LIMITS, DEFAULT_TIMEOUTS} from '../../../src/proxy/limits.js';
import {createSweep} from '../../../src/proxy/sweep.js';
import type {UpstreamReceiver} from '../../../src/proxy/upstream.js';
import {UpstreamRequest} from '../../../src/proxy/upstream-request.js';
import {systemClock} from '../../../src/system/clock.js';
import {createRandom} from '../../helpers/random.js';
import {scaled} from '../../helpers/soak.js';
import {REQUESTS} from './corpus.js';
import {mutate} from './mutate.js';
import {bytesOf, type ReadMessage, readRequests} from './read-messages.js';

const MESSAGES = scaled(2_000, 60_000);
const LEAST_SENT = 0.1;

const CLIENT: ClientConnection = {address: '192.0.2.7', port: 1, isSecure: true, httpVersion: '1.1', tls: undefined};
const FROM_US = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'via'];
const NEVER_UPSTREAM = new Set([
  ...['connection', 'te', 'trailer', 'keep-alive', 'upgrade', 'http2-settings', 'proxy'],
  ...['proxy-authenticate', 'proxy-authorization', 'proxy-connection'],
  ...['x-real-ip', 'x-tako-internal-token', 'x-forwarded-port', 'x-forwarded-server'],
]);
/** What is stated by us; from a client it comes in disguise only. */
const OURS = new Set([...FROM_US, 'host', 'content-length', 'transfer-encoding']);

const sweep = createSweep(systemClock);
const pool = createHttp1Pool({limits: DEFAULT_LIMITS, timeouts: DEFAULT_TIMEOUTS, sweep});
const seen = {requests: [] as SeenRequest[], bytes: [] as Buffer[], problems: [] as string[]};
const server = http.createServer({keepAliveTimeout: 60_000}, (request, response) => void answer(request, response));
let upstream = {host: '127.0.0.1', port: 0};

type SeenRequest = {
  readonly method: string | undefined;
  readonly target: string | undefined;
  readonly rawHeaders: readonly string[];
  readonly rawTrailers: readonly string[];
  readonly body: string;
};

beforeAll(async () => {
  server.maxHeadersCount = 0;
  server.on('connection', socket => socket.on('data', (bytes: Buffer) => seen.bytes.push(bytes)));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code !== 'ECONNRESET') seen.problems.push(String(error));
    socket.destroy();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  upstream = {host: '127.0.0.1', port: (server.address() as AddressInfo).port};
});

afterAll(async () => {
  pool.close();
  sweep.close();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

describe('a request that was accepted', () => {
  it('is one request upstream, the same one, however it was mutated', {timeout: 600_000}, async () => {
    const random = createRandom(20_260_321);
    let sent = 0;
    for (let count = 0; count < MESSAGES; count++) {
      const text = mutate(REQUESTS, random);
      if (await judge(text)) sent++;
    }
    assert.ok(sent > MESSAGES * LEAST_SENT, `only ${sent} were sent`);
  });

  it.each([
    ['DELETE', 'GET /secret HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['GET', 'GET /secret HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['OPTIONS', '0\r\n\r\nGET /secret HTTP/1.1\r\nHost: app.test\r\n\r\n'],
    ['HEAD', 'x'],
    ['POST', '0\r\n\r\n'],
  ])('as %s with a body that looks like a request is framed upstream', async (method, body) => {
    const head = `${method} / HTTP/1.1\r\nHost: app.test\r\n`;
    const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    assert.ok(await judge(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks}`));
    assert.ok(await judge(`${head}Content-Length: ${body.length}\r\n\r\n${body}`));
  });
});

/** Sends the first request of a text upstream. False when it is not accepted, or of a method that Node's server refuses. */
async function judge(text: string): Promise<boolean> {
  const parser = new HeadParser({fields: DEFAULT_LIMITS.requestFields, targetBytes: DEFAULT_LIMITS.targetBytes});
  const bytes = bytesOf(text);
  const message = readRequests([bytes]).messages[0];
  if (message === undefined || message.end === -1 || !http.METHODS.includes(String(message.start[0]))) return false;
  assert.ok(parser.parseRequest(bytes, text.startsWith('\r\n') ? 2 : 0) > 0);
  const checked = checkRequest(parser);
  assert.ok(!isRefusal(checked));
  const head = {method: parser.method, target: checked.target, host: checked.host, fields: parser.fields};
  const hasBody = parser.isChunked || parser.contentLength > 0;
  const upgrade = hasBody ? undefined : upgradeOf(parser);
  const request = new UpstreamRequest(head, {upgrade, dropped: NOT_UPSTREAM, added: addedFieldsFor(CLIENT, head)});
  await send(request, hasBody ? (parser.isChunked ? -1 : parser.contentLength) : 0, message);
  assertSeen(message, upgrade, text);
  return true;
}

/** Sends a request on a connection of the pool. Resolves with the end of the answer. */
function send(request: UpstreamRequest, contentLength: number, {body, trailers}: ReadMessage): Promise<void> {
  seen.bytes.length = 0;
  seen.requests.length = 0;
  return new Promise((resolve, reject) => {
    const receiver: UpstreamReceiver = {
      usesDataAtOnce: false,
      onConnected(stream) {
        stream.sendHead(request, contentLength);
        if (body !== '') stream.sendBody(bytesOf(body));
        stream.sendEnd(trailers.length === 0 ? undefined : HeaderFields.from(trailers.flat()));
      },
      onInterim: () => undefined,
      onHead: () => undefined,
      onData: () => undefined,
      onEnd: () => resolve(),
      onPause: () => undefined,
      onUpstreamDrain: () => undefined,
      onUpgrade: () => reject(new Error('the upstream switched protocols')),
      onUpstreamError: reject,
    };
    pool.connect(upstream, receiver);
  });
}

function assertSeen(message: ReadMessage, upgrade: string | undefined, text: string): void {
  const sent = JSON.stringify(text);
  assert.deepEqual(seen.problems, [], sent);
  assert.equal(seen.requests.length, 1, sent);
  const [method, target, host] = message.start;
  const bytes = Buffer.concat(seen.bytes);
  const ours = readRequests([bytes]);
  assert.deepEqual(
    ours.messages.map(({start, body, trailers, end}) => ({start, body, trailers, end})),
    [{start: message.start, body: message.body, trailers: message.trailers, end: bytes.length}],
    sent,
  );
  const [request] = seen.requests as [SeenRequest];
  assert.deepEqual(
    [request.method, request.target, request.body, request.rawTrailers],
    [method, target, message.body, message.trailers.flat()],
    sent,
  );
  assertFields(request.rawHeaders, String(host), upgrade, sent);
}

function assertFields(rawHeaders: readonly string[], host: string, upgrade: string | undefined, sent: string): void {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map(name => name.toLowerCase());
  const valuesOf = (name: string): string[] =>
    rawHeaders.filter((_, index) => index % 2 === 1 && names[index >> 1] === name);
  const hopByHop = names.filter(isNeverUpstream);
  assert.deepEqual(hopByHop, upgrade === undefined ? [] : ['connection', 'upgrade'], sent);
  for (const name of FROM_US) assert.equal(valuesOf(name).length, 1, `${name} of ${sent}`);
  assert.deepEqual(valuesOf('host'), [host], sent);
  assert.deepEqual(valuesOf('x-forwarded-for'), [CLIENT.address], sent);
  assert.deepEqual(valuesOf('x-forwarded-host'), [host], sent);
  assert.deepEqual(valuesOf('forwarded'), [`for=192.0.2.7;host="${host}";proto=https`], sent);
  assert.ok(valuesOf('content-length').length + valuesOf('transfer-encoding').length <= 1, sent);
}

function isNeverUpstream(name: string): boolean {
  const plain = name.replaceAll('_', '-');
  return NEVER_UPSTREAM.has(plain) || (plain !== name && OURS.has(plain));
}

async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += (chunk as Buffer).toString('latin1');
  const {method, url, rawHeaders, rawTrailers} = request;
  seen.requests.push({method, target: url, rawHeaders, rawTrailers, body});
  response.writeHead(204).end();
}
