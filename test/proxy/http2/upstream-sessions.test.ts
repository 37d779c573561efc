import assert from 'node:assert/strict';
import {once} from 'node:events';
import {constants, createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream} from 'node:http2';
import {type AddressInfo, createServer as createNetServer, type Socket} from 'node:net';
import {describe, it, onTestFinished} from 'vitest';
import {kindSet} from '../../../src/proxy/field-kinds.js';
import {HeaderFields} from '../../../src/proxy/header-fields.js';
import {createHttp2Pool} from '../../../src/proxy/http2/upstream-sessions.js';
import type {Timeouts} from '../../../src/proxy/limits.js';
import type {Upstream, UpstreamError, UpstreamReceiver, UpstreamStream} from '../../../src/proxy/upstream.js';
import {UpstreamRequest} from '../../../src/proxy/upstream-request.js';
import {eventually} from '../../helpers/eventually.js';
import {fetchHttp2, HOST, holdRefusingPort, readHttp2} from '../harness.js';
import {frame, GOAWAY, RST_STREAM, SETTINGS, uint32} from './frames.js';
import {openSession, shared, startEngine} from './harness.js';

type OnStream = (stream: ServerHttp2Stream, headers: Record<string, unknown>) => void;
type TestUpstream = Upstream & {readonly server: Http2Server; readonly sessions: readonly ServerHttp2Session[]};

/** An h2c app. */
async function startH2c(onStream: OnStream, settings: object = {}): Promise<TestUpstream> {
  const server = createServer({settings});
  const sessions: ServerHttp2Session[] = [];
  server.on('session', session => sessions.push(session));
  server.on('stream', (stream, headers) => {
    stream.on('error', ignore);
    onStream(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const session of sessions) session.destroy();
  });
  return {...h2c((server.address() as AddressInfo).port), server, sessions};
}

const h2c = (port: number): Upstream => ({host: '127.0.0.1', port, protocol: 'h2c'});
function ignore(): void {}

/** An app that speaks in frames of its own after its SETTINGS. */
async function startRawH2c(onData: (socket: Socket, count: number) => void): Promise<Upstream> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createNetServer(socket => {
    sockets.add(socket);
    socket.on('error', ignore);
    socket.write(frame(SETTINGS, 0, 0));
    socket.on('data', chunk => {
      // Frame type 1, in the flags of a request without a body.
      if (chunk.includes(Buffer.of(1, 0x25)) || chunk.includes(Buffer.of(1, 5))) onData(socket, count++);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return h2c((server.address() as AddressInfo).port);
}

type Events = {readonly list: string[]; readonly errors: UpstreamError[]; stream: UpstreamStream | undefined};

/** Connects, sends a request without a body and writes down what happens. */
function send(upstream: Upstream, timeouts: Partial<Timeouts> = {}, method = 'GET'): Events & {giveUp: () => void} {
  const pool = createHttp2Pool(shared({timeouts}));
  onTestFinished(() => pool.close());
  const events: Events = {list: [], errors: [], stream: undefined};
  const receiver: UpstreamReceiver = {
    usesDataAtOnce: false,
    onConnected(stream) {
      events.stream = stream;
      events.list.push('connected');
      stream.sendHead(request(method), 0);
      stream.sendEnd(undefined);
    },
    onInterim: ({status}) => events.list.push(`interim ${status}`),
    onHead: ({status}, length) => events.list.push(`head ${status} ${length}`),
    onData: chunk => events.list.push(`data ${chunk}`),
    onEnd: trailers => events.list.push(`end ${trailers?.get('x-sum')}`),
    onPause: ignore,
    onUpstreamDrain: ignore,
    onUpgrade: () => assert.fail('h2c knows no upgrade'),
    onUpstreamError(error) {
      events.errors.push(error);
      events.list.push(`${error.failure} ${error.progress}`);
    },
  };
  const giveUp = pool.connect(upstream, receiver);
  return Object.assign(events, {giveUp});
}

const request = (method: string): UpstreamRequest =>
  new UpstreamRequest(
    {method, target: '/a', host: HOST, fields: HeaderFields.from(['X-One', '1'])},
    {upgrade: undefined, dropped: kindSet(), added: {lines: '', list: []}},
  );

describe('a request to an h2c upstream', () => {
  it('has what HTTP/2 asks for, and takes trailers', async () => {
    const upstream = await startH2c((stream, headers) => stream.end(JSON.stringify(headers)));
    const session = openSession(await startEngine({upstream}));
    const answer = await fetchHttp2(
      session,
      {':method': 'POST', ':path': '/p?q', 'x-one': '1', cookie: 'a=1'},
      'hello',
    );
    const seen = JSON.parse(answer.body);
    assert.deepEqual(
      [seen[':method'], seen[':path'], seen[':authority'], seen[':scheme'], seen['x-one'], seen.cookie, seen.te],
      ['POST', '/p?q', HOST, 'http', '1', 'a=1', 'trailers'],
    );
    assert.equal(seen['x-forwarded-proto'], 'https');
  });

  it('streams both ways at once, with trailers both ways', async () => {
    const upstream = await startH2c(stream => {
      stream.respond({':status': 200}, {waitForTrailers: true});
      let sum = '';
      stream.on('trailers', ({'x-sum': value}) => {
        sum = String(value);
      });
      stream.on('data', chunk => stream.write(`got ${chunk}`));
      stream.on('end', () => stream.end());
      stream.on('wantTrailers', () => stream.sendTrailers({'x-sum': `${sum} back`}));
    });
    const session = openSession(await startEngine({upstream}));
    const stream = session.request({':method': 'POST', ':authority': HOST, te: 'trailers'}, {waitForTrailers: true});
    stream.on('wantTrailers', () => stream.sendTrailers({'x-sum': '42'}));
    const trailers = once(stream, 'trailers');
    for (const word of ['a', 'b']) {
      stream.write(word);
      assert.equal(String((await once(stream, 'data'))[0]), `got ${word}`);
    }
    stream.end();
    assert.equal((await trailers)[0]['x-sum'], '42 back');
    stream.close();
  });

  it('gets interim heads, an empty answer and a HEAD answer as they are', async () => {
    const upstream = await startH2c((stream, {':method': method}) => {
      stream.additionalHeaders({':status': 103, link: '</a>'});
      stream.respond(method === 'HEAD' ? {':status': 200, 'content-length': 7} : {':status': 200}, {endStream: true});
    });
    const whole = send(upstream);
    await eventually(() => assert.deepEqual(whole.list, ['connected', 'interim 103', 'head 200 0', 'end undefined']));
    const head = send(upstream, {}, 'HEAD');
    await eventually(() => assert.deepEqual(head.list, ['connected', 'interim 103', 'head 200 7', 'end undefined']));
  });

  it('that the client gives up is cancelled, and never looks complete', async () => {
    const events: string[] = [];
    const upstream = await startH2c(stream => {
      stream.on('data', chunk => events.push(`data ${chunk}`));
      stream.on('end', () => events.push(`end of ${stream.endAfterHeaders} ${stream.closed}`));
      stream.on('close', () => events.push(`close ${stream.rstCode}`));
    });
    const stream = openSession(await startEngine({upstream})).request({':method': 'POST', ':authority': HOST});
    stream.on('error', ignore);
    stream.write('half');
    await eventually(() => assert.deepEqual(events, ['data half']));
    stream.session?.destroy();
    await eventually(() => assert.equal(events.at(-1), `close ${constants.NGHTTP2_CANCEL}`));
    assert.ok(!events.includes('end of false false'), 'END_STREAM came before the reset');
  });

  it('that is reset before its answer is an error, and after it is cut off', async () => {
    const upstream = await startH2c((stream, {':path': path}) => {
      if (path === '/late') {
        stream.respond({':status': 200});
        stream.write('half');
      }
      setTimeout(() => stream.destroy(new Error('reset')), 20);
    });
    const session = openSession(await startEngine({upstream}));
    assert.equal((await fetchHttp2(session)).status, 502);
    const late = session.request({':path': '/late', ':authority': HOST});
    await assert.rejects(readHttp2(late));
    assert.equal(late.rstCode, constants.NGHTTP2_INTERNAL_ERROR);
  });

  it('that is answered with another length than was said is malformed', async () => {
    const upstream = await startH2c(stream => {
      stream.respond({':status': 200, 'content-length': 9});
      stream.end('short');
    });
    const events = send(upstream);
    await eventually(() => assert.equal(events.errors[0]?.failure, 'malformed'));
    assert.ok(!events.list.some(event => event.startsWith('end')));
  });

  it('is held back by backpressure both ways', async () => {
    // Node's client holds no more than 10 MB of what is to be sent.
    const size = 6 * 1024 * 1024;
    const upstream = await startH2c(stream => {
      stream.respond({':status': 200});
      stream.pipe(stream);
    });
    const session = openSession(await startEngine({upstream}));
    const body = Buffer.alloc(size, 'ab');
    assert.equal((await fetchHttp2(session, {':method': 'POST'}, body)).body.length, size);
  });
});

describe('connections to an h2c upstream', () => {
  it('are shared, up to the number of streams the upstream allows', async () => {
    let inFlight = 0;
    let most = 0;
    const upstream = await startH2c(
      stream => {
        inFlight += 1;
        most = Math.max(most, inFlight);
        setTimeout(() => {
          inFlight -= 1;
          stream.end('ok');
        }, 50);
      },
      {maxConcurrentStreams: 10},
    );
    const session = openSession(await startEngine({upstream}));
    const answers = await Promise.all(Array.from({length: 50}, () => fetchHttp2(session)));
    assert.ok(answers.every(({body}) => body === 'ok'));
    assert.ok(most > 10, `at most ${most} requests were under way`);
    assert.ok(
      upstream.sessions.length >= 2 && upstream.sessions.length <= 6,
      `${upstream.sessions.length} connections`,
    );
    await Promise.all(Array.from({length: 10}, () => fetchHttp2(session)));
    assert.ok(upstream.sessions.length <= 6, 'open connections are used again');
  });

  it('to one that allows no streams fail', async () => {
    const events = send(await startH2c(ignore, {maxConcurrentStreams: 0}));
    await eventually(() => assert.deepEqual(events.list, ['refused-stream unsent']));
  });

  it('are closed when idle', async () => {
    const upstream = await startH2c(stream => stream.end('ok'));
    const events = send(upstream, {upstreamIdleMs: 100});
    await eventually(() => assert.equal(events.list.at(-1), 'end undefined'));
    await eventually(() => assert.equal(upstream.sessions[0]?.destroyed, true));
  });

  it('that are refused fail before anything is sent', async () => {
    const events = send(h2c(holdRefusingPort()));
    await eventually(() => assert.deepEqual(events.list, ['unreachable unsent']));
  });

  it('that do not become HTTP/2 in time fail before anything is sent', async () => {
    const silent = createNetServer(socket => socket.on('error', ignore).resume());
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const events = send(h2c((silent.address() as AddressInfo).port), {connectMs: 100});
    await eventually(() => assert.deepEqual(events.list, ['connect-timeout unsent']));
  });

  it('to something that is not HTTP/2 fail before anything is sent', async () => {
    const other = createNetServer(socket => socket.on('error', ignore).end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const events = send(h2c((other.address() as AddressInfo).port));
    await eventually(() => assert.deepEqual(events.list, ['unreachable unsent']));
  });

  it('that somebody waits for in vain are not told to him', async () => {
    const upstream = await startH2c(stream => stream.end('ok'));
    const events = send(upstream);
    events.giveUp();
    await eventually(() => assert.equal(upstream.sessions.length, 1));
    await new Promise(resolve => setTimeout(resolve, 50));
    assert.deepEqual(events.list, []);
  });

  it('that die fail the requests on them', async () => {
    const upstream = await startH2c((stream, {':path': path}) => {
      if (path === '/a') stream.session?.destroy();
    });
    const events = send(upstream);
    await eventually(() => assert.deepEqual(events.list, ['connected', 'closed unanswered']));
  });

  it('that do not answer in time fail', async () => {
    const events = send(await startH2c(ignore), {firstByteMs: 100});
    await eventually(() => assert.deepEqual(events.list, ['connected', 'timeout unanswered']));
  });

  it('that stop in the middle of an answer fail', async () => {
    const upstream = await startH2c(stream => {
      stream.respond({':status': 200});
      stream.write('half');
    });
    const events = send(upstream, {upstreamIdleReadMs: 100});
    await eventually(() => assert.equal(events.list.at(-1), 'timeout answered'));
  });
});

describe('a request that an h2c upstream did not look at', () => {
  it('is safe to send again when it was refused', async () => {
    const upstream = await startRawH2c(socket => {
      socket.write(frame(RST_STREAM, 0, 1, uint32(constants.NGHTTP2_REFUSED_STREAM)));
    });
    const events = send(upstream);
    await eventually(() => assert.deepEqual(events.list, ['connected', 'refused-stream unsent']));
  });

  it.each([
    ['in order', constants.NGHTTP2_NO_ERROR],
    ['with an error', constants.NGHTTP2_INTERNAL_ERROR],
  ])('is safe to send again when the connection ended %s before it', async (_, code) => {
    const upstream = await startRawH2c(socket => {
      socket.write(frame(GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(code)])));
    });
    const events = send(upstream);
    await eventually(() => assert.deepEqual(events.list, ['connected', 'refused-stream unsent']));
  });

  it('is sent again by the engine', async () => {
    const headers = Buffer.of(0x88);
    const upstream = await startRawH2c((socket, count) => {
      if (count === 0) socket.write(frame(GOAWAY, 0, 0, Buffer.concat([uint32(0), uint32(0)])));
      else socket.write(frame(1, 5, 1, headers));
    });
    const answer = await fetchHttp2(openSession(await startEngine({upstream})));
    assert.equal(answer.status, 200);
  });

  it('leaves a connection that is about to end to those that are on it', async () => {
    const upstream = await startH2c((stream, {':path': path}) => {
      if (path !== '/last') return stream.end('ok');
      stream.session?.close();
      setTimeout(() => stream.end('last'), 50);
    });
    const session = openSession(await startEngine({upstream}));
    const last = fetchHttp2(session, {':path': '/last'});
    await eventually(() => assert.equal(upstream.sessions[0]?.closed, true));
    assert.equal((await fetchHttp2(session)).body, 'ok');
    assert.equal((await last).body, 'last');
    assert.equal(upstream.sessions.length, 2);
  });
});
