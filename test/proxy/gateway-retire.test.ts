import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {ServerResponse} from 'node:http';
import {request as openHttpsRequest} from 'node:https';
import {setTimeout as delay} from 'node:timers/promises';
import {connect} from 'node:tls';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import {eventually} from '../helpers/eventually.js';
import {
  certificate,
  fetchHttp1,
  fetchHttp2,
  HOST,
  http1Options,
  openHttp2,
  openTcp,
  openWebSocket,
  readUntil,
  startGateway,
  startUpstream,
} from './harness.js';

/** For what is not the matter of a test. */
const LONG_MS = 20_000;

/** An app that answers when the test says so. */
async function startPatientApp() {
  const answers: ServerResponse[] = [];
  const upstream = await startUpstream((_, response) => void answers.push(response));
  new WebSocketServer({server: upstream.server});
  return {upstream, answers, untilAsked: (count: number) => eventually(() => assert.equal(answers.length, count))};
}

/** Long enough for a busy machine to pass a request on, before it is cut off. */
const GRACE_MS = 1_500;

describe('a gateway that another follows', () => {
  it('finishes what is under way and keeps no connection behind it', async () => {
    const {upstream, answers, untilAsked} = await startPatientApp();
    const gateway = await startGateway({upstream});
    const session = openHttp2(gateway);
    const [first, second] = [fetchHttp1(gateway), fetchHttp2(session)];
    await untilAsked(2);
    const retired = gateway.retire(LONG_MS, LONG_MS);
    for (const answer of answers) answer.end('finished');
    const {body, headers} = await first;
    assert.deepEqual([body, headers.connection, (await second).body], ['finished', 'close', 'finished']);
    await once(session, 'close');
    await retired;
  });

  it('answers who has connected and not made a handshake yet', async () => {
    const upstream = await startUpstream((_, response) => response.end('in time'));
    const gateway = await startGateway({upstream});
    const before = await openTcp(gateway.https.port);
    // A connection is accepted by the time that a later one is answered.
    await fetchHttp1(gateway);
    let isOver = false;
    const retired = gateway.retire(LONG_MS, LONG_MS).then(() => {
      isOver = true;
    });
    // Longer than it takes to find that nothing else is open.
    await delay(200);
    const socket = connect({socket: before, servername: HOST, ca: certificate.cert, rejectUnauthorized: false});
    socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
    assert.match(await readUntil(socket, 'in time'), /^HTTP\/1\.1 200 .*\r\nconnection: close\r\n/is);
    // Its process would exit then.
    assert.equal(isOver, false);
    socket.end();
    await retired;
  });

  it('lets a request take longer than tunnels and event streams may', async () => {
    const {upstream, answers, untilAsked} = await startPatientApp();
    const gateway = await startGateway({upstream});
    const socket = openWebSocket(gateway);
    await once(socket, 'open');
    const stream = openHttpsRequest(http1Options(gateway, {headers: {accept: 'text/event-stream'}})).end();
    await untilAsked(1);
    answers[0]?.write('data: 1\n\n');
    const [events] = await once(stream, 'response');
    const cut = [once(socket, 'close'), once(events.resume(), 'error')];
    const request = fetchHttp1(gateway);
    await untilAsked(2);
    const retired = gateway.retire(50, LONG_MS);
    await Promise.all(cut);
    answers[1]?.end('later');
    assert.equal((await request).body, 'later');
    await retired;
  });

  it('cuts off in its turn what begins to last while it retires', async () => {
    const {upstream, answers, untilAsked} = await startPatientApp();
    const gateway = await startGateway({upstream});
    const stay = fetchHttp1(gateway);
    await untilAsked(1);
    const late = await openTcp(gateway.https.port);
    await fetchHttp1(gateway, {headers: {host: 'nobody.test'}});
    const retired = gateway.retire(GRACE_MS, LONG_MS);
    const socket = connect({socket: late, servername: HOST, ca: certificate.cert, rejectUnauthorized: false});
    socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nAccept: text/event-stream\r\n\r\n`);
    await untilAsked(2);
    answers[1]?.write('data: 1\n\n');
    await Promise.all([once(socket, 'close'), readUntil(socket, 'data: 1').catch(() => undefined)]);
    answers[0]?.end('done');
    assert.equal((await stay).body, 'done');
    await retired;
  });
});
