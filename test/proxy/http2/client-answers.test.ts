import assert from 'node:assert/strict';
import {once} from 'node:events';
import {constants} from 'node:http2';
import {describe, it} from 'vitest';
import type {ClientSide, StartExchange} from '../../../src/proxy/client-side.js';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {eventually} from '../../helpers/eventually.js';
import {fetchHttp2, HOST, readHttp2, startRawUpstream, startUpstream} from '../harness.js';
import {
  codeOf,
  DATA,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  INTERNAL_ERROR,
  isOf,
  openRaw,
  PING,
  RST_STREAM,
  request,
  requestFields,
  uint32,
} from './frames.js';
import {openSession, startEngine} from './harness.js';

const MEBIBYTE = 1024 * 1024;

/** An engine that gives every request to the function. */
const answering = (answer: (side: ClientSide) => void): {readonly start: StartExchange} => ({
  start(side) {
    side.attach({onBody: ignore, onBodyEnd: ignore, onBodyPause: ignore, onClientDrain: ignore, onClientGone: ignore});
    answer(side);
  },
});

const head = (status: number, ...list: string[]) => ({status, reason: '', fields: HeaderFields.from(list)});
function ignore(): void {}

describe('an answer over HTTP/2', () => {
  it('has none of the fields that end at the proxy, and a date', async () => {
    const upstream = await startUpstream((_, response) => {
      response.sendDate = false;
      response.setHeader('Connection', 'keep-alive, x-hop');
      response.setHeader('Keep-Alive', 'timeout=5');
      response.setHeader('X-Hop', '1');
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.end('ok');
    });
    const {headers, body} = await fetchHttp2(openSession(await startEngine({upstream})));
    assert.deepEqual(
      [headers['x-hop'], headers['keep-alive'], headers.connection, body],
      [undefined, undefined, undefined, 'ok'],
    );
    assert.deepEqual(headers['set-cookie'], ['a=1', 'b=2']);
    assert.ok(Math.abs(Date.parse(String(headers.date)) - Date.now()) < 10_000);
  });

  it('keeps the fields an app repeats', async () => {
    const upstream = await startRawUpstream(socket => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nETag: "1"\r\nETag: "2"\r\nContent-Length: 0\r\n\r\n');
    });
    const engine = await startEngine({upstream});
    const {status} = await fetchHttp2(openSession(engine));
    assert.equal(status, 200);
  });

  it('that is small is one HEADERS and one DATA frame', async () => {
    const engine = await startEngine(
      answering(side => {
        side.sendHead(head(200), 2);
        side.sendBody(Buffer.from('ok'));
        side.sendEnd(undefined);
      }),
    );
    const connection = await openRaw(engine.port);
    connection.send(request(1));
    const data = await connection.find(isOf(DATA, 1));
    assert.deepEqual([data.flags, data.payload.toString()], [END_STREAM, 'ok']);
    assert.equal(connection.frames.filter(({id}) => id === 1).length, 2);
  });

  it.each([204, 304])('with status %s ends with its head', async status => {
    const upstream = await startUpstream((_, response) => response.writeHead(status).end());
    const connection = await openRaw((await startEngine({upstream})).port);
    connection.send(request(1));
    const answer = await connection.find(isOf(HEADERS, 1));
    assert.equal(answer.flags & END_STREAM, END_STREAM);
  });

  it('to HEAD says the length of the body it does not have', async () => {
    const upstream = await startUpstream((_, response) => response.writeHead(200, {'content-length': '1234'}).end());
    const {headers, body} = await fetchHttp2(openSession(await startEngine({upstream})), {':method': 'HEAD'});
    assert.deepEqual([headers['content-length'], body], ['1234', '']);
  });

  it('comes after its interim heads', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeEarlyHints({link: '</a.css>; rel=preload', 'x-more': 'b'});
      response.writeProcessing();
      response.end('ok');
    });
    const stream = openSession(await startEngine({upstream})).request({':authority': HOST});
    const interim: unknown[] = [];
    stream.on('headers', ({':status': status, link}) => interim.push([status, link]));
    assert.equal((await readHttp2(stream)).body, 'ok');
    assert.deepEqual(interim, [
      [103, '</a.css>; rel=preload'],
      [102, undefined],
    ]);
  });

  it('gets its trailers when the client takes them', async () => {
    const upstream = await startUpstream((_, response) => {
      response.write('ok');
      response.addTrailers([
        ['X-Sum', '42'],
        ['X-More', '1'],
        ['X-More', '2'],
      ]);
      response.end();
    });
    const session = openSession(await startEngine({upstream}));
    const taken = await fetchHttp2(session, {te: 'trailers'});
    assert.deepEqual([taken.trailers['x-sum'], taken.trailers['x-more']], ['42', '1, 2']);
    const dropped = await fetchHttp2(session);
    assert.deepEqual([dropped.body, dropped.trailers['x-sum']], ['ok', undefined]);
  });

  it('arrives in parts as they are made', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, {'content-type': 'text/event-stream'});
      response.flushHeaders();
    });
    upstream.server.on('request', (_, response) => setTimeout(() => response.write('data: 1\n\n'), 20));
    const stream = openSession(await startEngine({upstream})).request({':authority': HOST});
    await once(stream, 'response');
    const [event] = await once(stream, 'data');
    assert.equal(String(event), 'data: 1\n\n');
    stream.close(constants.NGHTTP2_CANCEL);
  });

  it('before the end of its request is whole, and the rest of the request is not wanted', async () => {
    const engine = await startEngine(
      answering(side => {
        side.readBody();
        side.sendHead(head(413), 6);
        side.sendBody(Buffer.from('enough'));
        side.sendEnd(undefined);
      }),
    );
    const session = openSession(engine);
    const stream = session.request({':method': 'POST', ':authority': HOST});
    stream.write('a');
    const answer = await readHttp2(stream);
    assert.deepEqual([answer.status, answer.body], [413, 'enough']);
  });

  it('before the end of a body of which all has come, and the client may say so a moment later', async () => {
    const received = Promise.withResolvers<void>();
    const engine = await startEngine({
      start(side) {
        const onBody = (): void => {
          side.sendHead(head(200), 5);
          side.sendBody(Buffer.from('right'));
          side.sendEnd(undefined);
          received.resolve();
        };
        side.attach({onBody, onBodyEnd: ignore, onBodyPause: ignore, onClientDrain: ignore, onClientGone: ignore});
        side.readBody();
      },
    });
    const connection = await openRaw(engine.port);
    connection.send(request(1, requestFields({':method': 'POST'}, [['content-length', '3']]), 0));
    connection.send(frame(DATA, 0, 1, 'all'));
    await received.promise;
    await connection.find(({type, id, flags}) => type === DATA && id === 1 && (flags & END_STREAM) !== 0);
    connection.send(frame(DATA, END_STREAM, 1));
    connection.send(frame(PING, 0, 0, 'answered'));
    await connection.find(isOf(PING, 0));
    assert.deepEqual(connection.frames.filter(isOf(RST_STREAM, 1)), []);
  });
});

describe('an answer over HTTP/2 that breaks off', () => {
  it.each([
    ['is not begun', (side: ClientSide) => side.abort()],
    ['has been written this moment', (side: ClientSide) => abortAfter(side, 5)],
    ['waits for the client', (side: ClientSide) => abortAfter(side, MEBIBYTE)],
    ['was written a while ago', (side: ClientSide) => abortLater(side, 5)],
    ['is shorter than it was said to be', (side: ClientSide) => endAfter(side, 5, 6)],
    ['is longer than it was said to be', (side: ClientSide) => begin(side, 5, 4)],
    ['has a status HTTP/2 cannot say', (side: ClientSide) => endAfter(side, 0, -1, 700)],
  ])('when it %s is reset and never ended', async (_, answer) => {
    const connection = await openRaw((await startEngine(answering(answer))).port);
    connection.send(request(1));
    assert.equal(codeOf(await connection.find(isOf(RST_STREAM, 1))), INTERNAL_ERROR);
    assert.deepEqual(
      connection.frames.filter(({id, flags, type}) => id === 1 && type !== RST_STREAM && (flags & END_STREAM) !== 0),
      [],
    );
  });

  it('with the upstream is reset', async () => {
    const upstream = await startRawUpstream(socket => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
        setTimeout(() => socket.destroy(), 20);
      });
    });
    const engine = await startEngine({upstream});
    const connection = await openRaw(engine.port);
    connection.send(request(1));
    assert.equal(codeOf(await connection.find(isOf(RST_STREAM, 1))), INTERNAL_ERROR);
    assert.equal(connection.frames.filter(({type, flags}) => type === DATA && flags === END_STREAM).length, 0);
    assert.deepEqual(engine.outcomes, ['cut-off']);
  });

  it.each([
    ['breaks the protocol', frame(DATA, 0, 0)],
    ['says GOAWAY with an error', frame(GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(INTERNAL_ERROR)]))],
    ['floods', Buffer.concat(Array(1_000).fill(frame(PING, 0, 0, Buffer.alloc(8))))],
  ])('as its client %s is not ended', async (_, last) => {
    const connection = await openRaw((await startEngine(answering(side => begin(side, 5)))).port);
    connection.send(request(1));
    await connection.find(isOf(DATA, 1));
    connection.send(last);
    await connection.closed;
    const answer = connection.frames.filter(({id, type}) => id === 1 && (type === DATA || type === HEADERS));
    assert.deepEqual(
      answer.map(({flags}) => flags & END_STREAM),
      [0, 0],
    );
  });

  it('when the proxy closes is not taken for whole', async () => {
    const engine = await startEngine(answering(side => begin(side, 5)));
    const stream = openSession(engine).request({':authority': HOST});
    await once(stream, 'data');
    const broken = readHttp2(stream);
    engine.http2.close();
    await assert.rejects(broken);
  });
});

function begin(side: ClientSide, bytes: number, length = -1, status = 200): void {
  side.sendHead(head(status), length);
  side.sendBody(Buffer.alloc(bytes, 'a'));
  side.flush();
}

function abortAfter(side: ClientSide, bytes: number): void {
  begin(side, bytes);
  side.abort();
}

function abortLater(side: ClientSide, bytes: number): void {
  begin(side, bytes);
  setTimeout(() => side.abort(), 20);
}

function endAfter(side: ClientSide, bytes: number, length: number, status = 200): void {
  begin(side, bytes, length, status);
  side.sendEnd(undefined);
}

describe('a client of HTTP/2', () => {
  it('that resets its stream gives its request up', async () => {
    const upstream = await startRawUpstream(() => undefined);
    const engine = await startEngine({upstream});
    const stream = openSession(engine).request({':authority': HOST});
    await eventually(() => assert.match(upstream.received(), /^GET/));
    stream.close(constants.NGHTTP2_CANCEL);
    await eventually(() => assert.deepEqual(engine.outcomes, ['client-gone']));
  });

  it('that closes its connection gives all of its requests up', async () => {
    const upstream = await startRawUpstream(() => undefined);
    const engine = await startEngine({upstream});
    const session = openSession(engine);
    for (let count = 0; count < 10; count++) session.request({':authority': HOST}).on('error', ignore);
    await eventually(() => assert.equal(engine.inFlight(), 10));
    session.destroy();
    await eventually(() => assert.deepEqual(engine.outcomes, Array(10).fill('client-gone')));
    await eventually(() => assert.equal(engine.http2.count, 0));
  });

  it('that does not read holds the upstream back, and gets all of it in the end', async () => {
    let written = 0;
    const upstream = await startUpstream((_, response) => {
      const write = (): void => {
        while (written < 64) {
          written += 1;
          if (!response.write(Buffer.alloc(MEBIBYTE, 'a'))) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    const stream = openSession(await startEngine({upstream})).request({':authority': HOST});
    stream.pause();
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.ok(written < 32, `${written} MiB went into nowhere`);
    let received = 0;
    stream.on('data', chunk => {
      received += chunk.length;
    });
    stream.resume();
    await once(stream, 'end');
    assert.equal(received, 64 * MEBIBYTE);
  });

  it('is held back by an upstream that does not read, and sends all in the end', async () => {
    let resume = ignore;
    let received = 0;
    const upstream = await startUpstream((incoming, response) => {
      incoming.pause();
      resume = () => {
        incoming.on('data', chunk => {
          received += chunk.length;
        });
        incoming.on('end', () => response.end('ok'));
        incoming.resume();
      };
    });
    const stream = openSession(await startEngine({upstream})).request({':method': 'POST', ':authority': HOST});
    let sent = 0;
    const send = (): void => {
      while (sent < 64) {
        sent += 1;
        if (!stream.write(Buffer.alloc(MEBIBYTE, 'a'))) {
          stream.once('drain', send);
          return;
        }
      }
      stream.end();
    };
    send();
    await new Promise(resolve => setTimeout(resolve, 300));
    assert.ok(sent < 32, `${sent} MiB went into nowhere`);
    resume();
    assert.equal((await readHttp2(stream)).body, 'ok');
    assert.equal(received, 64 * MEBIBYTE);
  });

  it('with one stream that is stalled both ways goes on with the others', async () => {
    const upstream = await startUpstream((incoming, response) => {
      if (incoming.url === '/stalled') incoming.pause();
      else if (incoming.url === '/unread') response.end(Buffer.alloc(16 * MEBIBYTE));
      else incoming.pipe(response);
    });
    const session = openSession(await startEngine({upstream}));
    const stalled = session.request({':method': 'POST', ':path': '/stalled', ':authority': HOST});
    stalled.write(Buffer.alloc(MEBIBYTE));
    session.request({':path': '/unread', ':authority': HOST}).pause();
    const body = 'a'.repeat(50_000);
    const answers = await Promise.all(Array.from({length: 60}, () => fetchHttp2(session, {':method': 'POST'}, body)));
    assert.ok(answers.every(answer => answer.body === body));
    stalled.close();
  });

  it('makes 1,000 requests on one connection', async () => {
    const upstream = await startUpstream((incoming, response) => response.end(incoming.url));
    const session = openSession(await startEngine({upstream}));
    await once(session, 'remoteSettings');
    const answers = await Promise.all(
      Array.from({length: 1_000}, (_, index) => fetchHttp2(session, {':path': `/${index}`})),
    );
    assert.deepEqual(
      answers.map(({body}) => body),
      answers.map((_, index) => `/${index}`),
    );
  });
});

describe('draining HTTP/2', () => {
  it('lets streams that are open finish and then closes', async () => {
    let finish = ignore;
    const upstream = await startUpstream((_, response) => {
      finish = () => void response.end('late');
    });
    const engine = await startEngine({upstream});
    const session = openSession(engine);
    const answer = fetchHttp2(session);
    await eventually(() => assert.notEqual(finish, ignore));
    engine.http2.drain();
    await once(session, 'goaway');
    finish();
    assert.equal((await answer).body, 'late');
    await once(session, 'close');
    await eventually(() => assert.equal(engine.http2.count, 0));
  });

  it('closes an idle connection at once', async () => {
    const engine = await startEngine({});
    const session = openSession(engine);
    await once(session, 'remoteSettings');
    engine.http2.drain();
    await once(session, 'close');
  });

  it('takes no streams on connections that come later', async () => {
    const engine = await startEngine({});
    engine.http2.drain();
    await assert.rejects(fetchHttp2(openSession(engine)));
  });
});
