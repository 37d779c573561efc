import assert from 'node:assert/strict';
import {once} from 'node:events';
import {type ClientHttp2Session, constants} from 'node:http2';
import {afterEach, beforeEach, describe, it} from 'vitest';
import type {ClientReceiver, ClientSide} from '../../../src/proxy/client-side.js';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {eventually} from '../../helpers/eventually.js';
import {fetchHttp2, HOST, readHttp2, startUpstream} from '../harness.js';
import {
  ACK,
  CONTINUATION,
  codeOf,
  DATA,
  END_HEADERS,
  encodeFields,
  type Frame,
  frame,
  GOAWAY,
  HEADERS,
  isOf,
  openRaw,
  PING,
  type RawConnection,
  RST_STREAM,
  request,
  requestFields,
  SETTINGS,
  setting,
  uint32,
  WINDOW_UPDATE,
} from './frames.js';
import {type Engine, openSession, openTls, startEngine} from './harness.js';

const INITIAL_WINDOW_SIZE = 4;
/** Odd, as a client's stream numbers are. */
const idOf = (index: number): number => 2 * index + 1;
const ignore = (): void => undefined;

describe('a hostile HTTP/2 connection', () => {
  let engine: Engine;
  let other: ClientHttp2Session;

  beforeEach(async () => {
    const upstream = await startUpstream((incoming, response) => {
      if (incoming.url === '/hang') return;
      incoming.resume().on('end', () => response.end(incoming.url === '/big' ? 'a'.repeat(65_536) : 'ok'));
    });
    engine = await startEngine({upstream, limits: {streamResetBurst: 1_000, streamResetsPerSecond: 10}});
    other = openSession(engine);
    assert.equal((await fetchHttp2(other)).body, 'ok');
  });

  afterEach(async () => {
    // Whatever happened on one connection, the others go on.
    assert.equal((await fetchHttp2(other)).body, 'ok');
    await eventually(() => assert.equal(engine.inFlight(), 0));
  });

  it('that resets streams as fast as it opens them is closed', async () => {
    const connection = await openRaw(engine.port);
    await flood(connection, 5_000, index => [
      request(idOf(index), requestFields({':path': '/hang'})),
      frame(RST_STREAM, 0, idOf(index), uint32(constants.NGHTTP2_CANCEL)),
    ]);
    await connection.closed;
  });

  it('that makes the proxy reset its streams is closed', async () => {
    const connection = await openRaw(engine.port);
    await flood(connection, 5_000, index => [
      request(idOf(index), requestFields({':path': '/hang'})),
      frame(WINDOW_UPDATE, 0, idOf(index), uint32(0)),
    ]);
    await connection.closed;
  });

  it('that overflows the windows of its streams is closed', async () => {
    const connection = await openRaw(engine.port);
    await flood(connection, 5_000, index => [
      request(idOf(index), requestFields({':path': '/hang'})),
      frame(WINDOW_UPDATE, 0, idOf(index), uint32(0x7fffffff)),
    ]);
    await connection.closed;
  });

  it('that sends CONTINUATION without end is closed', async () => {
    const connection = await openRaw(engine.port);
    connection.send(frame(HEADERS, 0, 1, encodeFields(requestFields())));
    await flood(connection, 5_000, index => [frame(CONTINUATION, 0, 1, encodeFields([[`x-${index}`, 'a']]))]);
    await connection.closed;
  });

  it('that sends empty CONTINUATION frames without end is closed', async () => {
    const connection = await openRaw(engine.port);
    connection.send(frame(HEADERS, 0, 1, encodeFields(requestFields())));
    await flood(connection, 5_000, () => [frame(CONTINUATION, 0, 1)]);
    await connection.closed;
  });

  it('that floods with PING is closed', async () => {
    const connection = await openRaw(engine.port);
    await flood(connection, 200_000, () => [frame(PING, 0, 0, Buffer.alloc(8))]);
    await connection.closed;
  });

  it('that floods with SETTINGS is closed', async () => {
    const connection = await openRaw(engine.port);
    await flood(connection, 200_000, index => [frame(SETTINGS, 0, 0, setting(INITIAL_WINDOW_SIZE, index))]);
    await connection.closed;
  });

  it('that floods with empty DATA is closed', async () => {
    const connection = await openRaw(engine.port);
    connection.send(request(1, requestFields({':method': 'POST', ':path': '/hang'}), 0));
    await flood(connection, 5_000, () => [frame(DATA, 0, 1)]);
    await connection.closed;
  });

  it('that opens more streams than were allowed is closed', async () => {
    const connection = await openRaw(engine.port);
    connection.send(frame(SETTINGS, ACK, 0));
    await flood(connection, 5_000, index => [request(idOf(index), requestFields({':path': '/hang'}))]);
    await connection.closed;
  });

  it('that bombs with references to one large field is closed or refused', async () => {
    const connection = await openRaw(engine.port);
    // A literal of 4,000 bytes that enters the table (RFC 7541, section 6.2.1), and 15,000 references to it: 60 MB.
    const large = Buffer.concat([Buffer.of(0x40), encodeFields([['x', 'a'.repeat(4_000)]]).subarray(1)]);
    const bomb = Buffer.concat([encodeFields(requestFields()), large, Buffer.alloc(10_000, 0x80 | 62)]);
    const before = process.memoryUsage().rss;
    connection.send(frame(HEADERS, 1 | END_HEADERS, 1, bomb));
    const isAnswer = ({type, id}: Frame): boolean => type === GOAWAY || (id === 1 && type !== WINDOW_UPDATE);
    const answer = await connection.find(isAnswer);
    assert.ok([GOAWAY, RST_STREAM, HEADERS].includes(answer.type));
    assert.ok(engine.refused.every(status => status === 431));
    assert.ok(process.memoryUsage().rss - before < 64 * 1024 * 1024);
    connection.socket.destroy();
  });

  it('that never takes what it asked for is cut off', async () => {
    const slow = await startEngine({...answering(sendMuch), timeouts: {sendMs: 200}});
    const connection = await openRaw(slow.port, setting(INITIAL_WINDOW_SIZE, 0));
    connection.send(request(1));
    assert.equal(codeOf(await connection.find(isOf(RST_STREAM, 1))), constants.NGHTTP2_INTERNAL_ERROR);
    assert.equal((await fetchHttp2(openSession(slow))).body.length, 100_000);
  });

  it('that never takes the end of a small answer is cut off', async () => {
    const slow = await startEngine({...answering(sendLittle), timeouts: {sendMs: 200}});
    const connection = await openRaw(slow.port, setting(INITIAL_WINDOW_SIZE, 0));
    connection.send(request(1));
    assert.equal(codeOf(await connection.find(isOf(RST_STREAM, 1))), constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('that sends its body byte by byte is told so', async () => {
    const timeouts = {bodyRateWindowMs: 200, minimumBodyRate: 1_000};
    const upstream = await startUpstream((incoming, response) => {
      incoming.resume().on('end', () => response.end('ok'));
    });
    const slow = await startEngine({upstream, timeouts});
    const stream = openSession(slow).request({':method': 'POST', ':authority': HOST});
    const drip = setInterval(() => stream.write('a'), 20);
    const answer = await readHttp2(stream).finally(() => clearInterval(drip));
    assert.equal(answer.status, 408);
  });

  it('that is silent is closed after a while', async () => {
    const idle = await startEngine({timeouts: {idleMs: 200}});
    const connection = await openRaw(idle.port);
    assert.equal(codeOf(await connection.find(({type}) => type === GOAWAY)), 0);
    await connection.closed;
    await eventually(() => assert.equal(idle.http2.count, 0));
  });

  it('that never says its preface is closed', async () => {
    const idle = await startEngine({timeouts: {headMs: 200}});
    const socket = openTls(idle.port);
    socket.on('error', ignore);
    await once(socket, 'secureConnect');
    await eventually(() => assert.equal(idle.http2.count, 1));
    await once(socket.resume(), 'close');
  });

  it('that begins a head and never ends it is closed', async () => {
    const idle = await startEngine({timeouts: {idleMs: 200}});
    const connection = await openRaw(idle.port);
    connection.send(frame(HEADERS, 0, 1, encodeFields(requestFields())));
    await connection.closed;
  });
});

describe('a friendly HTTP/2 connection', () => {
  it('may cancel 500 requests as a browser does', async () => {
    const upstream = await startUpstream((incoming, response) => {
      if (incoming.url === '/image') response.write('x');
      else response.end('ok');
    });
    const session = openSession(await startEngine({upstream}));
    for (let round = 0; round < 10; round++) {
      const streams = Array.from({length: 50}, () => session.request({':path': '/image', ':authority': HOST}));
      await Promise.all(streams.map(stream => once(stream, 'response')));
      for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    }
    assert.equal((await fetchHttp2(session)).body, 'ok');
    assert.equal(session.closed, false);
  });

  it('may be silent on a stream for longer than a connection may be idle', async () => {
    const upstream = await startUpstream((_, response) => {
      response.write('1');
      setTimeout(() => response.end('2'), 600);
    });
    const session = openSession(await startEngine({upstream, timeouts: {idleMs: 100, headMs: 100, sendMs: 100}}));
    assert.equal((await fetchHttp2(session)).body, '12');
  });

  it('may measure with a few PINGs', async () => {
    const upstream = await startUpstream((_, response) => response.end('ok'));
    const session = openSession(await startEngine({upstream}));
    await once(session, 'remoteSettings');
    for (let count = 0; count < 20; count++) {
      await new Promise<void>((resolve, reject) => session.ping(error => (error ? reject(error) : resolve())));
    }
    assert.equal((await fetchHttp2(session)).body, 'ok');
  });
});

/** Sends until the connection is closed, or all of it. Reads what comes, so that nothing but the flood is at fault. */
async function flood(connection: RawConnection, count: number, make: (index: number) => Buffer[]): Promise<void> {
  for (let index = 0; index < count && !connection.socket.destroyed; index++) {
    if (!connection.send(...make(index))) await drained(connection);
  }
}

async function drained({socket, closed}: RawConnection): Promise<void> {
  if (!socket.destroyed) await Promise.race([once(socket, 'drain'), closed]);
}

/** An engine whose requests are answered by the function, and cut off when the client is gone. */
const answering = (answer: (side: ClientSide) => void) => ({
  start(side: ClientSide) {
    const receiver: ClientReceiver = {
      onBody: ignore,
      onBodyEnd: ignore,
      onBodyPause: ignore,
      onClientDrain: () => side.sendEnd(undefined),
      onClientGone: () => side.abort(),
    };
    side.attach(receiver);
    answer(side);
  },
});

function sendMuch(side: ClientSide): void {
  side.sendHead({status: 200, reason: '', fields: new HeaderFields()}, 100_000);
  side.sendBody(Buffer.alloc(100_000));
  side.flush();
}

function sendLittle(side: ClientSide): void {
  side.sendHead({status: 200, reason: '', fields: new HeaderFields()}, 2);
  side.sendBody(Buffer.from('ok'));
  side.sendEnd(undefined);
}
