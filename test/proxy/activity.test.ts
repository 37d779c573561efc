import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {ServerResponse} from 'node:http';
import {request as openHttpsRequest} from 'node:https';
import {describe, it, vi} from 'vitest';
import {WebSocketServer} from 'ws';
import type {Upstream} from '../../src/proxy/upstream.js';
import {
  fetchHttp1,
  fetchHttp2,
  holdRefusingPort,
  http1Options,
  openHttp2,
  openWebSocket,
  startGateway,
  startRawUpstream,
  startUpstream,
  untilIdle,
} from './harness.js';

/** An app that answers when the test says so. */
async function startPatientApp() {
  const answers: ServerResponse[] = [];
  const upstream = await startUpstream((_, response) => void answers.push(response));
  const untilAsked = (count: number) => vi.waitFor(() => assert.equal(answers.length, count), {interval: 5});
  return {upstream, answers, untilAsked};
}

/** Whether a promise has settled, a moment later. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let hasSettled = false;
  void promise.finally(() => (hasSettled = true));
  await new Promise(resolve => setTimeout(resolve, 30));
  return hasSettled;
}

describe('the activity of an app', () => {
  it('is none where nothing was asked', async () => {
    const gateway = await startGateway();
    assert.deepEqual(gateway.activity('app'), {inFlight: 0, lastActiveAt: 0});
  });

  it('tells what is under way, and when something last began or ended', async () => {
    const {upstream, answers, untilAsked} = await startPatientApp();
    const gateway = await startGateway({upstream});
    const begun = Date.now();
    const asked = [fetchHttp1(gateway), fetchHttp2(openHttp2(gateway))];
    await untilAsked(2);
    const during = gateway.activity('app');
    assert.equal(during.inFlight, 2);
    assert.ok(during.lastActiveAt >= begun);
    await new Promise(resolve => setTimeout(resolve, 20));
    for (const answer of answers) answer.end('hello');
    await Promise.all(asked);
    await untilIdle(gateway);
    assert.ok(gateway.activity('app').lastActiveAt > during.lastActiveAt);
    assert.deepEqual(gateway.activity('other'), {inFlight: 0, lastActiveAt: 0});
  });

  it('counts an open WebSocket and an open stream', async () => {
    const upstream = await startUpstream((_, response) => void response.write('data: 1\n\n'));
    new WebSocketServer({server: upstream.server});
    const gateway = await startGateway({upstream});
    const socket = openWebSocket(gateway);
    await once(socket, 'open');
    assert.equal(gateway.activity('app').inFlight, 1);
    const stream = openHttpsRequest(http1Options(gateway)).end();
    stream.on('error', () => undefined);
    await once(stream, 'response');
    assert.equal(gateway.activity('app').inFlight, 2);
    socket.close();
    stream.destroy();
    await untilIdle(gateway);
  });
});

describe('draining an upstream', () => {
  it('is done at once where nothing is under way', async () => {
    const gateway = await startGateway({upstream: await startUpstream((_, response) => response.end('hello'))});
    await gateway.drain({host: '127.0.0.1', port: 1});
    await fetchHttp1(gateway);
    await untilIdle(gateway);
  });

  it('waits for the requests that went to it, not for those that went to its successor', async () => {
    const [old, next] = [await startPatientApp(), await startPatientApp()];
    let serving: Upstream = old.upstream;
    const gateway = await startGateway({findUpstream: () => serving});
    const first = fetchHttp1(gateway);
    await old.untilAsked(1);
    serving = next.upstream;
    const second = fetchHttp2(openHttp2(gateway));
    await next.untilAsked(1);
    const drained = [gateway.drain(old.upstream), gateway.drain(old.upstream)];
    assert.equal(await isSettled(Promise.race(drained)), false);
    old.answers[0]?.end('old');
    assert.equal((await first).body, 'old');
    await Promise.all(drained);
    assert.equal(gateway.activity('app').inFlight, 1);
    next.answers[0]?.end('next');
    assert.equal((await second).body, 'next');
  });

  it('does not wait for a try that failed and went elsewhere', async () => {
    const gone: Upstream = {host: '127.0.0.1', port: holdRefusingPort()};
    const {upstream, answers, untilAsked} = await startPatientApp();
    let tries = 0;
    const gateway = await startGateway({findUpstream: () => (tries++ === 0 ? gone : upstream)});
    const asked = fetchHttp1(gateway);
    await untilAsked(1);
    await gateway.drain(gone);
    const drained = gateway.drain(upstream);
    assert.equal(await isSettled(drained), false);
    answers[0]?.end('hello');
    await asked;
    await drained;
  });

  it('waits for what came with a cold start', async () => {
    const {upstream, answers, untilAsked} = await startPatientApp();
    const gateway = await startGateway({findUpstream: () => undefined, activate: async () => upstream});
    const asked = fetchHttp1(gateway);
    await untilAsked(1);
    const drained = gateway.drain(upstream);
    assert.equal(await isSettled(drained), false);
    answers[0]?.end('hello');
    await asked;
    await drained;
  });

  it('waits for gRPC, for which the upstream is spoken to otherwise', async () => {
    const upstream = await startRawUpstream(() => undefined);
    const gateway = await startGateway({upstream});
    const stream = openHttp2(gateway).request({
      ':method': 'POST',
      ':path': '/',
      ':authority': 'app.test',
      'content-type': 'application/grpc',
    });
    stream.on('error', () => undefined);
    await vi.waitFor(() => assert.equal(gateway.inFlight('app'), 1), {interval: 5});
    const drained = gateway.drain(upstream);
    assert.equal(await isSettled(drained), false);
    stream.close(8);
    await drained;
  });

  it('closes tunnels and event streams, which would not end by themselves, and leaves those of others open', async () => {
    const start = async () => {
      const upstream = await startUpstream((_, response) => {
        response.setHeader('content-type', 'text/event-stream');
        response.write('data: 1\n\n');
      });
      new WebSocketServer({server: upstream.server});
      return {host: upstream.host, port: upstream.port};
    };
    const [old, other] = [await start(), await start()];
    let current = old;
    const gateway = await startGateway({findUpstream: () => current});
    const open = async () => {
      const socket = openWebSocket(gateway);
      const closed = once(socket, 'close');
      await once(socket, 'open');
      const stream = openHttpsRequest(http1Options(gateway, {headers: {accept: 'text/event-stream'}})).end();
      stream.on('error', () => undefined);
      const [response] = await once(stream, 'response');
      response.resume().on('error', () => undefined);
      const streamClosed = new Promise(resolve => response.once('close', resolve));
      return {socket, stream, closed: Promise.all([closed, streamClosed])};
    };
    const first = await open();
    current = other;
    const second = await open();
    await gateway.drain(old);
    await first.closed;
    assert.equal(await isSettled(second.closed), false);
    second.socket.close();
    second.stream.destroy();
    await untilIdle(gateway);
  });

  it('does not wait for a client that left', async () => {
    const {upstream, untilAsked} = await startPatientApp();
    const gateway = await startGateway({upstream});
    const request = openHttpsRequest(http1Options(gateway)).end();
    request.on('error', () => undefined);
    await untilAsked(1);
    const drained = gateway.drain(upstream);
    request.destroy();
    await drained;
  });
});
