// Group E: a client that waits with its body. The 100 is the app's to send; one that we made up would be a lie.

import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {startGateway} from '../harness.js';
import {readAnswers} from './answers.js';
import {openClient, settle, startPlayedUpstream} from './exchanges.js';
import {CANARY, post, SMUGGLED} from './vector.js';

const waiting = (length: number): string => post(['Expect: 100-continue', `Content-Length: ${length}`]);

async function startExchange(request: string) {
  const upstream = await startPlayedUpstream();
  const gateway = await startGateway({upstream});
  const client = await openClient(gateway);
  client.socket.write(request);
  const app = await upstream.accept();
  const head = await app.until('\r\n\r\n');
  return {upstream, client, app, head};
}

describe('a client that waits with its body', () => {
  it('is told to go on by the app, not by the gateway', async () => {
    const {client, app, head} = await startExchange(waiting(5));
    assert.match(head, /\r\nExpect: 100-continue\r\n/i);
    await settle();
    assert.equal(client.received(), '');
    app.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    await client.until('HTTP/1.1 100 Continue\r\n');
    client.socket.write('hello');
    assert.match(await app.until('hello'), /\r\n\r\nhello$/);
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.until('\r\n\r\nok');
    const {answers, rest} = readAnswers(client.received(), ['POST']);
    assert.deepEqual([answers.map(({status, interim}) => [status, interim.length]), rest], [[[200, 1]], '']);
  });

  it('is told to go on once, however often the app says so', async () => {
    const {client, app} = await startExchange(waiting(5));
    app.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
    await client.until('100 Continue');
    client.socket.write('hello');
    await app.until('hello');
    app.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    await client.until('\r\n\r\nok');
    assert.equal(client.received().match(/100 Continue/g)?.length, 1);
  });

  it.each([
    ['417', '417 Expectation Failed'],
    ['401', '401 Unauthorized'],
    ['200', '200 OK'],
    ['304', '304 Not Modified'],
  ])('gets the %s an app answers at once, and the connection closes', async (status, line) => {
    const {client, app} = await startExchange(waiting(5));
    app.socket.write(
      `HTTP/1.1 ${line}\r\nContent-Length: ${status === '304' ? 0 : 2}\r\n\r\n${status === '304' ? '' : 'no'}`,
    );
    await client.closed();
    const {answers, rest} = readAnswers(client.received(), ['POST']);
    assert.deepEqual(
      answers.map(answer => [String(answer.status), answer.isComplete]),
      [[status, true]],
    );
    assert.equal(rest, '');
  });

  it('sends no request with the body that nobody waited for', async () => {
    const {upstream, client, app} = await startExchange(waiting(SMUGGLED.length));
    app.socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno');
    await client.until('\r\n\r\nno');
    client.socket.write(SMUGGLED + CANARY);
    await client.closed();
    assert.doesNotMatch(upstream.received(), /smuggled[\s\S]*X-Forwarded-For/);
    assert.equal(readAnswers(client.received(), ['POST']).answers.length, 1);
  });

  it('sends no request when its body comes with the answer of the app', async () => {
    const {upstream, client, app} = await startExchange(waiting(SMUGGLED.length));
    app.socket.write('HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno');
    client.socket.write(SMUGGLED);
    await client.until('\r\n\r\nno');
    await settle();
    assert.doesNotMatch(upstream.received(), /smuggled[\s\S]*X-Forwarded-For/);
  });

  it('and leaves takes its request with it', async () => {
    const {client, app} = await startExchange(waiting(5));
    client.socket.destroy();
    await app.closed();
    assert.match(app.received(), /\r\n\r\n$/);
  });
});
