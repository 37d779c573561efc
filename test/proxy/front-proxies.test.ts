// The gateway behind other proxies: whose word it takes, and what it does when nobody's is to be taken.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {request as openHttpRequest} from 'node:http';
import {connect as connectHttp2} from 'node:http2';
import type {Socket} from 'node:net';
import {connect as connectTls} from 'node:tls';
import {describe, it} from 'vitest';
import type {Gateway} from '../../src/proxy/gateway.js';
import type {FrontProxies, Route} from '../../src/proxy/route-table.js';
import {createTrustedProxies} from '../../src/proxy/trusted-proxies.js';
import {
  type Answer,
  certificate,
  type FetchOptions,
  fetchHttp1,
  fetchHttp2,
  HOST,
  openHttp2,
  openTcp,
  readAll,
  route,
  startGateway,
  startUpstream,
} from './harness.js';
import {addressBlock, proxyBlock} from './proxy-header.js';

const OURS: FrontProxies = {trusted: createTrustedProxies({addresses: ['127.0.0.0/8']}), isRequired: false};
const OTHERS: FrontProxies = {trusted: createTrustedProxies({addresses: ['10.0.0.0/8']}), isRequired: false};
const FIELDS = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'forwarded', 'x-real-ip'] as const;

/** What a client may write to be taken for somebody else. */
const SPOOFED = {
  'x-forwarded-for': '6.6.6.6',
  'x-forwarded-proto': 'https',
  'x-forwarded-host': 'evil.test',
  forwarded: 'for=6.6.6.6;proto=https;host=evil.test',
  'x-real-ip': '6.6.6.6',
  x_forwarded_for: '6.6.6.6',
};

/** A gateway whose app answers with what it was told about the client, and the addresses it logged. */
async function start(more: Partial<Route>, options: Partial<Parameters<typeof startGateway>[0]> = {}) {
  const upstream = await startUpstream(({headers}, response) =>
    response.end(
      JSON.stringify({...Object.fromEntries(FIELDS.map(name => [name, headers[name]])), _: headers.x_forwarded_for}),
    ),
  );
  const logged: string[] = [];
  const gateway = await startGateway({
    upstream,
    routes: [{...route(HOST), ...more}],
    onLog: ({client}) => logged.push(client.address),
    ...options,
  });
  return {gateway, logged};
}

const toldOf = ({body}: Pick<Answer, 'body'>) => JSON.parse(body) as Record<string, string | undefined>;

/** One request over plain HTTP. */
async function fetchPlain({http}: Gateway, {headers, ...options}: FetchOptions = {}) {
  const sent = openHttpRequest({
    ...{host: '127.0.0.1', port: http.port, agent: false, ...options},
    headers: {host: HOST, ...(headers as Record<string, string>)},
  }).end();
  const [response] = await once(sent, 'response');
  let body = '';
  for await (const chunk of response) body += chunk;
  return {status: Number(response.statusCode), location: response.headers.location as string | undefined, body};
}

/** One request over TLS on a connection that has begun already. */
async function fetchOver(raw: Socket, protocol: string): Promise<string> {
  const socket = connectTls({socket: raw, servername: HOST, ca: certificate.cert, ALPNProtocols: [protocol]});
  await once(socket, 'secureConnect');
  if (protocol === 'h2') {
    const session = connectHttp2(`https://${HOST}`, {createConnection: () => socket});
    return (await fetchHttp2(session)).body;
  }
  const answer = readAll(socket);
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  return answer;
}

describe('what a client says about itself', () => {
  it.each([
    ['where nobody is trusted', {}],
    ['where others are', {behind: OTHERS}],
  ])('is written anew %s', async (_, more) => {
    const {gateway, logged} = await start(more);
    const expected = {
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': HOST,
      forwarded: `for=127.0.0.1;host="${HOST}";proto=https`,
    };
    assert.deepEqual(toldOf(await fetchHttp1(gateway, {headers: SPOOFED})), expected);
    assert.deepEqual(toldOf(await fetchHttp2(openHttp2(gateway), SPOOFED)), expected);
    assert.deepEqual(logged, ['127.0.0.1', '127.0.0.1']);
    const plain = await fetchPlain(gateway, {headers: SPOOFED});
    assert.deepEqual([plain.status, plain.location], [308, `https://${HOST}:${gateway.https.port}/`]);
  });
});

describe('what a trusted proxy says about a client', () => {
  const told = {...SPOOFED, 'x-forwarded-for': '6.6.6.6, 192.0.2.7', 'x-forwarded-host': 'www.test'};

  it('reaches the app, and nothing else that came with it', async () => {
    const {gateway, logged} = await start({behind: OURS});
    const session = openHttp2(gateway);
    for (const answer of [await fetchHttp1(gateway, {headers: told}), await fetchHttp2(session, told)]) {
      assert.deepEqual(toldOf(answer), {
        'x-forwarded-for': '192.0.2.7',
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'www.test',
        forwarded: 'for=192.0.2.7;host="www.test";proto=https',
      });
    }
    // The next request on the connection may be another client's.
    const next = await fetchHttp2(session, {'x-forwarded-for': '192.0.2.8', 'x-forwarded-proto': 'https'});
    assert.equal(toldOf(next)['x-forwarded-for'], '192.0.2.8');
    assert.deepEqual(logged, ['192.0.2.7', '192.0.2.7', '192.0.2.8']);
  });

  it('decides on the scheme: HTTPS that ended there is not redirected, and HTTP is, to the port browsers use', async () => {
    const {gateway} = await start({behind: OURS});
    const secure = await fetchPlain(gateway, {headers: {'x-forwarded-proto': 'https', 'x-forwarded-for': '192.0.2.7'}});
    assert.deepEqual([secure.status, toldOf(secure)['x-forwarded-proto']], [200, 'https']);
    const headers = {'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.test'};
    const plain = await fetchPlain(gateway, {headers, path: '/a?b'});
    assert.deepEqual([plain.status, plain.location], [308, `https://${HOST}/a?b`]);
  });

  it('may be what an app insists on', async () => {
    const {gateway} = await start({behind: {...OTHERS, isRequired: true}});
    const {status, body} = await fetchHttp1(gateway, {headers: {...SPOOFED, accept: 'application/json'}});
    assert.deepEqual([status, JSON.parse(body).error?.code ?? JSON.parse(body).code], [403, 'NOT_BY_ITS_PROXY']);
    const {gateway: other} = await start({behind: {...OURS, isRequired: true}});
    assert.equal((await fetchHttp1(other, {headers: told})).status, 200);
  });
});

describe('an app that takes plain HTTP', () => {
  it('is served over it, and knows that it was', async () => {
    const {gateway} = await start({takesPlainHttp: true});
    const answer = await fetchPlain(gateway, {headers: SPOOFED});
    assert.deepEqual([answer.status, toldOf(answer)['x-forwarded-proto']], [200, 'http']);
  });
});

describe('the PROXY protocol', () => {
  const balancers = createTrustedProxies({addresses: ['127.0.0.0/8']});
  const LINE = 'PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n';
  const REQUEST = `GET / HTTP/1.1\r\nHost: ${HOST}\r\nX-Forwarded-For: 6.6.6.6\r\nConnection: close\r\n\r\n`;

  const ask = async (port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> => {
    const socket = await openTcp(port);
    const answer = readAll(socket);
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise(resolve => setTimeout(resolve, 5));
    }
    return answer;
  };

  it('says who the client of a plain connection is', async () => {
    const {gateway, logged} = await start({takesPlainHttp: true}, {proxyProtocol: balancers});
    const {port} = gateway.http;
    const block = proxyBlock(0x21, 0x11, addressBlock([192, 0, 2, 7], 4_711));
    const ways = [[LINE + REQUEST], [LINE, REQUEST], [block, REQUEST], [...Array.from(LINE), REQUEST]];
    for (const pieces of ways) assert.match(await ask(port, ...pieces), /"x-forwarded-for":"192\.0\.2\.7"/);
    assert.match(await ask(port, 'PROXY UNKNOWN\r\n', REQUEST), /"x-forwarded-for":"127\.0\.0\.1"/);
    assert.deepEqual(logged, ['192.0.2.7', '192.0.2.7', '192.0.2.7', '192.0.2.7', '127.0.0.1']);
  });

  it('says so in front of a handshake, over HTTP/1.1 and HTTP/2', async () => {
    const {gateway} = await start({}, {proxyProtocol: balancers});
    for (const protocol of ['http/1.1', 'h2']) {
      const raw = await openTcp(gateway.https.port);
      raw.write(LINE);
      assert.match(await fetchOver(raw, protocol), /"x-forwarded-for":"192\.0\.2\.7"/, protocol);
    }
  });

  it('may be of a balancer behind a proxy that is trusted to speak for others', async () => {
    const behind = {trusted: createTrustedProxies({addresses: ['192.0.2.0/24']}), isRequired: true};
    const {gateway} = await start({takesPlainHttp: true, behind}, {proxyProtocol: balancers});
    assert.match(await ask(gateway.http.port, LINE + REQUEST), /"x-forwarded-for":"6\.6\.6\.6"/);
  });

  it('is required of who is to speak it: without it, a client could write it itself', async () => {
    const {gateway, logged} = await start({takesPlainHttp: true}, {proxyProtocol: balancers});
    for (const text of [REQUEST, `PROXY TCP4 nonsense\r\n${REQUEST}`])
      assert.equal(await ask(gateway.http.port, text), '');
    assert.deepEqual(logged, []);
  });

  it('is nothing but a bad request from others', async () => {
    const elsewhere = createTrustedProxies({addresses: ['10.0.0.0/8']});
    const {gateway} = await start({takesPlainHttp: true}, {proxyProtocol: elsewhere});
    assert.match(await ask(gateway.http.port, LINE + REQUEST), /^HTTP\/1\.1 400 /);
    assert.match(await ask(gateway.http.port, REQUEST), /"x-forwarded-for":"127\.0\.0\.1"/);
  });
});
