// Requests that a phase answers itself: with the body of the request, and piece by piece.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {describe, it} from 'vitest';
import type {AnswerWriter} from '../../src/proxy/answer-writer.js';
import type {RequestFilter} from '../../src/proxy/request-path.js';
import {fetchHttp1, fetchHttp2, openHttp2, openTls, readAll, readUntil, startGateway} from './harness.js';

const echo: RequestFilter = session => {
  void session.readBody(10).then(body => session.respond(body === undefined ? 413 : 200, {}, body ?? 'too much'));
  return true;
};

describe('a body that is read here', () => {
  it('comes whole, over HTTP/1.1 and HTTP/2, and is empty where there is none', async () => {
    const gateway = await startGateway({filters: [echo]});
    assert.equal((await fetchHttp1(gateway, {method: 'POST', body: '0123456789'})).body, '0123456789');
    assert.equal((await fetchHttp1(gateway)).body, '');
    const http2 = openHttp2(gateway);
    assert.equal((await fetchHttp2(http2, {':method': 'POST'}, 'over two')).body, 'over two');
  });

  it('is not kept beyond its limit', async () => {
    const gateway = await startGateway({filters: [echo]});
    const answer = await fetchHttp1(gateway, {method: 'POST', body: 'x'.repeat(200_000)});
    assert.equal(answer.status, 413);
  });

  it('is asked for with 100 where the client waits for that', async () => {
    const gateway = await startGateway({filters: [echo]});
    const socket = await openTls(gateway);
    socket.write('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n');
    await readUntil(socket, 'HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('abc');
    assert.match(await readUntil(socket, 'abc'), /^HTTP\/1\.1 200 OK/);
  });

  it('is undefined where it broke off', async () => {
    const {promise, resolve} = Promise.withResolvers<Buffer | undefined>();
    const gateway = await startGateway({
      filters: [
        session => {
          void session.readBody(10).then(resolve);
          return true;
        },
      ],
    });
    const socket = await openTls(gateway);
    socket.end('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\n\r\na');
    assert.equal(await promise, undefined);
  });
});

describe('an answer that is written piece by piece', () => {
  /** A gateway that begins an answer to each request and leaves the rest to the test. */
  async function start() {
    const {promise: answer, resolve} = Promise.withResolvers<AnswerWriter>();
    const {promise: over, resolve: finish} = Promise.withResolvers<string | undefined>();
    const gateway = await startGateway({
      filters: [
        session => {
          resolve(session.startAnswer(200, {'content-type': 'text/event-stream'}));
          return true;
        },
      ],
      onLog: ({outcome}) => finish(outcome),
    });
    return {gateway, answer, over};
  }

  it('reaches the client as it is written, and ends', async () => {
    const {gateway, answer, over} = await start();
    const socket = await openTls(gateway);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    await readUntil(socket, 'chunked\r\n');
    const writer = await answer;
    writer.write('one');
    await readUntil(socket, 'one');
    writer.write('two');
    writer.end();
    assert.match(await readAll(socket), /two\r\n0\r\n\r\n$/);
    assert.equal(await over, 'answered');
    assert.equal(writer.write('too late'), true);
  });

  it('reaches a client of HTTP/2', async () => {
    const {gateway, answer} = await start();
    const received = fetchHttp2(openHttp2(gateway));
    const writer = await answer;
    writer.write('one');
    writer.write('two');
    writer.end();
    assert.equal((await received).body, 'onetwo');
  });

  it('says when the client does not keep up, and goes on when it does', async () => {
    const {gateway, answer} = await start();
    const socket = await openTls(gateway);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n');
    await readUntil(socket, '\r\n\r\n');
    const writer = await answer;
    let pieces = 0;
    while (writer.write('x'.repeat(65_536))) pieces += 1;
    assert.ok(pieces < 1_000, 'what is not taken is kept somewhere');
    const all = readAll(socket);
    await writer.drained();
    writer.end();
    await all;
  });

  it('is over when the client leaves, also for who waits for it', async () => {
    const {gateway, answer, over} = await start();
    const socket = await openTls(gateway);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
    const writer = await answer;
    while (writer.write('x'.repeat(65_536)));
    socket.destroy();
    await writer.drained();
    assert.equal(await over, 'client-gone');
  });

  it('is an answer without a body to HEAD', async () => {
    const {gateway, answer} = await start();
    const received = fetchHttp1(gateway, {method: 'HEAD'});
    const writer = await answer;
    writer.write('nothing of this');
    writer.end();
    assert.equal((await received).body, '');
  });

  it('is over at once where the client is gone before it begins', async () => {
    const {promise: gone, resolve} = Promise.withResolvers<AnswerWriter>();
    const {promise: arrived, resolve: arrive} = Promise.withResolvers<void>();
    const gateway = await startGateway({
      filters: [
        session => {
          arrive();
          session.signal.addEventListener('abort', () => resolve(session.startAnswer(200)));
          return true;
        },
      ],
    });
    const socket = await openTls(gateway);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
    await arrived;
    socket.destroy();
    const writer = await gone;
    assert.equal(writer.write('nobody hears it'), true);
    await writer.drained();
  });
});

describe('such an answer', () => {
  it('is the only one', async () => {
    const errors: unknown[] = [];
    const gateway = await startGateway({
      filters: [
        session => {
          session.startAnswer(200).end();
          try {
            session.startAnswer(200);
          } catch (error) {
            errors.push(error);
          }
          return true;
        },
      ],
    });
    await fetchHttp1(gateway);
    assert.match(String(errors), /answered already/);
  });

  it('ends with the gateway', async () => {
    const gateway = await startGateway({filters: [session => session.startAnswer(200).write('x')]});
    const socket = await openTls(gateway);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
    await readUntil(socket, 'x\r\n');
    const closed = once(socket, 'close');
    await gateway.close();
    await closed;
  });
});
