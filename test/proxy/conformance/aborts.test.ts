// Group G: one side goes away. What nobody waits for is not worked on, and what is cut off never looks whole.

import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import {holdRefusingPort, openTcp, openTls, startGateway, startUpstream, untilIdle} from '../harness.js';
import {readAnswers} from './answers.js';
import {converse} from './conversation.js';
import {LEAVING, leave, openClient, settle, startPlayedUpstream} from './exchanges.js';
import {startSharedProxy} from './shared-proxy.js';
import {get, head, post} from './vector.js';

const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello';

async function ask(request: string) {
  const upstream = await startPlayedUpstream();
  const gateway = await startGateway({upstream});
  const client = await openClient(gateway);
  client.socket.write(request);
  const app = await upstream.accept();
  await app.until('\r\n\r\n');
  return {gateway, upstream, client, app};
}

describe('a client that leaves', () => {
  it('in the middle of its head leaves no trace at the app', async () => {
    const upstream = await startPlayedUpstream();
    const gateway = await startGateway({upstream});
    for (const part of ['G', 'GET / HTTP/1.1\r\n', get().slice(0, -2), get().slice(0, -1)]) {
      const client = await openTls(gateway);
      await new Promise(resolve => client.write(part, resolve));
      client.destroy();
    }
    await settle();
    await untilIdle(gateway);
    assert.deepEqual([upstream.connections(), upstream.received()], [0, '']);
  });

  it.each(LEAVING)('while it waits takes its request with it, by %s', async way => {
    const {gateway, client, app} = await ask(get());
    leave(client, way);
    await app.closed();
    await untilIdle(gateway);
  });

  it.each(LEAVING)('in the middle of its body takes its request with it, by %s', async way => {
    const {gateway, client, app} = await ask(`${post(['Content-Length: 10'])}hello`);
    await app.until('hello');
    leave(client, way);
    await app.closed();
    assert.match(app.received(), /\r\n\r\nhello$/);
    await untilIdle(gateway);
  });

  it.each(LEAVING)('in the middle of a chunk never ends its body, by %s', async way => {
    const {gateway, client, app} = await ask(`${post(['Transfer-Encoding: chunked'])}5\r\nhello\r\na\r\nhalf`);
    await app.until('half');
    leave(client, way);
    await app.closed();
    assert.doesNotMatch(app.received(), /\r\n0\r\n/);
    await untilIdle(gateway);
  });

  it.each(LEAVING)('between two chunks never ends its body, by %s', async way => {
    const {gateway, client, app} = await ask(`${post(['Transfer-Encoding: chunked'])}5\r\nhello\r\n`);
    await app.until('hello');
    leave(client, way);
    await app.closed();
    assert.doesNotMatch(app.received(), /\r\n0\r\n/);
    await untilIdle(gateway);
  });

  it.each(LEAVING)('in the middle of an answer of a length takes its request with it, by %s', async way => {
    const {gateway, client, app} = await ask(get());
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    await client.until('hello');
    leave(client, way);
    await app.closed();
    await untilIdle(gateway);
  });

  it.each(LEAVING)('in the middle of a chunk of an answer takes its request with it, by %s', async way => {
    const {gateway, client, app} = await ask(get());
    app.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello');
    await client.until('hello');
    leave(client, way);
    await app.closed();
    await untilIdle(gateway);
  });

  it('without a word of TLS takes its request with it', async () => {
    const {gateway, client, app} = await ask(get());
    client.tcp.destroy();
    await app.closed();
    await untilIdle(gateway);
  });

  it('before requests it has sent behind takes them all with it', async () => {
    const {gateway, client, app} = await ask(get().repeat(20));
    client.socket.destroy();
    await app.closed();
    await untilIdle(gateway);
  });
});

describe('a client that ends its side of a plain connection', () => {
  const halfClosed = async (port: number, request: string) => {
    const socket = await openTcp(port);
    const conversation = converse(socket, [Buffer.from(request)]);
    socket.end();
    return readAnswers((await conversation).bytes).answers.map(({status, isComplete}) => [status, isComplete]);
  };

  /** A proxy on plain connections, and the app behind it. */
  async function startPlain() {
    const upstream = await startPlayedUpstream();
    const proxy = await startSharedProxy();
    onTestFinished(() => proxy.close());
    proxy.use(upstream);
    return {upstream, proxy};
  }

  it.each([
    ['a redirect', get(), 308],
    ['that there is no such app', 'GET / HTTP/1.1\r\nHost: other.test\r\n\r\n', 421],
    ['a refusal', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
  ])('still gets %s', async (_, request, status) => {
    const gateway = await startGateway();
    assert.deepEqual(await halfClosed(gateway.http.port, request), [[status, true]]);
  });

  it('still gets the answer of the app', async () => {
    const {upstream, proxy} = await startPlain();
    const answers = halfClosed(proxy.port, get());
    const app = await upstream.accept();
    await app.until('\r\n\r\n');
    await settle();
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe');
    await settle();
    app.socket.write('llo');
    assert.deepEqual(await answers, [[200, true]]);
  });

  it('still gets the answers to all it has asked', async () => {
    const upstream = await startUpstream((_, response) => response.end('hello'));
    const {proxy} = await startPlain();
    proxy.use(upstream);
    assert.deepEqual(
      await halfClosed(proxy.port, get().repeat(3)),
      Array.from({length: 3}, () => [200, true]),
    );
  });

  it.each([
    ['of a length', post(['Content-Length: 10'], 'hello')],
    ['in chunks', post(['Transfer-Encoding: chunked'], '5\r\nhello\r\n')],
  ])('in the middle of a body %s never ends that body', async (_, request) => {
    const {upstream, proxy} = await startPlain();
    const answers = halfClosed(proxy.port, request);
    const app = await upstream.accept();
    await app.closed();
    assert.doesNotMatch(app.received(), /\r\n0\r\n/);
    assert.ok((await answers).every(([status]) => status !== 200));
  });
});

/** What each client got when the app has left behind these bytes, of which the client has had the head. */
async function cutBehind(bytes: string, way: (typeof LEAVING)[number]) {
  const {gateway, upstream, client, app} = await ask(get());
  app.socket.write(bytes);
  await client.until(bytes.slice(-5));
  leave(app, way);
  await client.closed();
  await untilIdle(gateway);
  const {answers} = readAnswers(client.received());
  return {gateway, upstream, answers};
}

describe('an app that leaves', () => {
  it.each(LEAVING)('in the middle of an answer of a length cuts it off, by %s', async way => {
    const {answers} = await cutBehind('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello', way);
    assert.deepEqual(
      answers.map(({status, body, isComplete}) => [status, body, isComplete]),
      [[200, 'hello', false]],
    );
  });

  it.each(LEAVING)('in the middle of a chunk cuts the answer off, by %s', async way => {
    const {answers} = await cutBehind('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhello', way);
    assert.deepEqual(
      answers.map(({status, isComplete}) => [status, isComplete]),
      [[200, false]],
    );
  });

  it.each(LEAVING)('between two chunks cuts the answer off, by %s', async way => {
    const {gateway, upstream, client, app} = await ask(get());
    app.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    await client.until('hello');
    leave(app, way);
    await client.closed();
    assert.equal(readAnswers(client.received()).answers[0]?.isComplete, false);
    await untilIdle(gateway);
    assert.equal(upstream.connections(), 1);
  });

  it('by a reset, behind a head that promised the end of the connection, cuts the answer off', async () => {
    const {answers} = await cutBehind('HTTP/1.1 200 OK\r\n\r\nhello', 'reset');
    assert.equal(answers[0]?.isComplete, false);
  });

  it('leaves a connection on which nothing more is answered', async () => {
    const upstream = await startPlayedUpstream();
    const gateway = await startGateway({upstream});
    const client = await openClient(gateway);
    client.socket.write(get() + head('GET /next HTTP/1.1'));
    const app = await upstream.accept();
    await app.until('\r\n\r\n');
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello');
    await client.until('hello');
    app.socket.destroy();
    await client.closed();
    assert.match(client.received(), /hello$/);
    await untilIdle(gateway);
  });

  it('between two requests costs nobody an answer', async () => {
    const {gateway, upstream, client, app} = await ask(get());
    app.socket.write(ANSWER);
    await client.until('hello');
    app.socket.resetAndDestroy();
    client.socket.write(head('GET /next HTTP/1.1', 'Connection: close'));
    const next = await upstream.accept();
    await next.until('GET /next ');
    next.socket.write(ANSWER);
    await client.closed();
    assert.deepEqual(
      readAnswers(client.received()).answers.map(({status, body}) => [status, body]),
      [
        [200, 'hello'],
        [200, 'hello'],
      ],
    );
    await untilIdle(gateway);
  });

  it('in the middle of a POST is not asked again', async () => {
    const {gateway, upstream, client, app} = await ask(`${post(['Content-Length: 5', 'Connection: close'])}hello`);
    await app.until('hello');
    app.socket.destroy();
    await client.closed();
    assert.equal(readAnswers(client.received(), ['POST']).answers[0]?.status, 502);
    assert.equal(upstream.connections(), 1);
    await untilIdle(gateway);
  });

  it('before anybody asked is a 502', async () => {
    const gateway = await startGateway({upstream: {host: '127.0.0.1', port: holdRefusingPort()}});
    const {bytes} = await converse(await openTls(gateway), [Buffer.from(get('Connection: close'))]);
    assert.equal(readAnswers(bytes).answers[0]?.status, 502);
  });
});
