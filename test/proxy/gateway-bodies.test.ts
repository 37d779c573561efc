import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import type {ServerResponse} from 'node:http';
import {request as openHttpsRequest} from 'node:https';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {Agent, request as fetchUndici} from 'undici';
import {describe, it, onTestFinished} from 'vitest';
import {
  certificate,
  fetchHttp1,
  fetchHttp2,
  HOST,
  http1Options,
  openHttp2,
  openTls,
  readAll,
  readHttp2,
  readUntil,
  startGateway,
  startRawUpstream,
  startUpstream,
  untilIdle,
} from './harness.js';

const MIB = 2 ** 20;

/** Answers every request with 200 and keeps the connection, without reading what a request is. */
const startDeafUpstream = (end = '\r\n\r\n') =>
  startRawUpstream(socket => {
    let received = '';
    socket.on('data', chunk => {
      received += chunk.toString('latin1');
      if (!received.endsWith(end)) return;
      received = '';
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });

/** The request line and, separated by a blank line, the body of what was received, with its framing headers. */
function framingOf(received: string) {
  const [head = '', ...rest] = received.split('\r\n\r\n');
  const lines = head.split('\r\n');
  return {
    framing: lines.filter(line => /^(?:content-length|transfer-encoding):/i.test(line)),
    body: rest.join('\r\n\r\n'),
  };
}

/** `size` bytes that differ from place to place. */
function* pattern(size: number): Generator<Buffer> {
  for (let offset = 0; offset < size; offset += 65_536) {
    yield Buffer.alloc(Math.min(65_536, size - offset), String(offset));
  }
}

async function hashOf(stream: Readable): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of stream) hash.update(chunk);
  return hash.digest('hex');
}

const hashOfPattern = (size: number): string => {
  const hash = createHash('sha256');
  for (const chunk of pattern(size)) hash.update(chunk);
  return hash.digest('hex');
};

describe('the body of a request', () => {
  const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n';

  it.each(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'POST', 'PUT', 'REPORT'])(
    'of %s in chunks goes upstream in chunks, and never as a request of its own',
    async method => {
      const upstream = await startDeafUpstream('0\r\n\r\n');
      const gateway = await startGateway({upstream});
      const socket = await openTls(gateway);
      const chunk = `${SMUGGLED.length.toString(16)};extension=1\r\n${SMUGGLED}\r\n0\r\n\r\n`;
      socket.write(`${method} / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n${chunk}`);
      await readUntil(socket, '\r\n\r\n');
      const {framing, body} = framingOf(upstream.received());
      assert.deepEqual(framing, ['Transfer-Encoding: chunked']);
      assert.equal(body, `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`);
    },
  );

  it.each(['GET', 'DELETE', 'POST'])('of %s with a length goes upstream with that length', async method => {
    const upstream = await startDeafUpstream(SMUGGLED);
    const gateway = await startGateway({upstream});
    const head = `${method} / HTTP/1.1\r\nHost: app.test\r\nConnection: content-length, close\r\n`;
    const socket = await openTls(gateway);
    const answer = readAll(socket);
    socket.write(`${head}Content-Length: ${SMUGGLED.length}\r\n\r\n${SMUGGLED}`);
    assert.match(await answer, /^HTTP\/1\.1 200 /);
    const {framing, body} = framingOf(upstream.received());
    assert.deepEqual(framing, [`Content-Length: ${SMUGGLED.length}`]);
    assert.equal(body, SMUGGLED);
  });

  it.each(['GET', 'DELETE', 'POST'])('of %s over HTTP/2 without a length goes upstream in chunks', async method => {
    const upstream = await startDeafUpstream('0\r\n\r\n');
    const gateway = await startGateway({upstream});
    const {status} = await fetchHttp2(openHttp2(gateway), {':method': method}, SMUGGLED);
    assert.equal(status, 200);
    const {framing, body} = framingOf(upstream.received());
    assert.deepEqual(framing, ['Transfer-Encoding: chunked']);
    assert.equal(body, `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`);
  });

  it('over HTTP/2 with a length goes upstream with that length', async () => {
    const upstream = await startDeafUpstream('hello');
    const gateway = await startGateway({upstream});
    const headers = {':method': 'DELETE', 'content-length': '5'};
    assert.equal((await fetchHttp2(openHttp2(gateway), headers, 'hello')).status, 200);
    assert.deepEqual(framingOf(upstream.received()), {framing: ['Content-Length: 5'], body: 'hello'});
  });

  it.each([
    ['GET', []],
    ['DELETE', []],
    ['POST', ['Content-Length: 0']],
    ['PATCH', ['Content-Length: 0']],
  ])('that %s does not have is stated where one is usual', async (method, expected) => {
    const upstream = await startDeafUpstream();
    const gateway = await startGateway({upstream});
    const head = `${method} / HTTP/1.1\r\nHost: app.test\r\n\r\n`;
    const socket = await openTls(gateway);
    socket.write(head);
    await readUntil(socket, 'ok');
    assert.deepEqual(framingOf(upstream.received()), {framing: expected, body: ''});
    assert.equal((await fetchHttp2(openHttp2(gateway), {':method': method})).status, 200);
    const second = upstream.received().slice(upstream.received().lastIndexOf(method));
    assert.deepEqual(framingOf(second), {framing: expected, body: ''});
  });

  it('may be broken in the middle, and the app never gets it for complete', async () => {
    const upstream = await startRawUpstream(() => undefined);
    const gateway = await startGateway({upstream});
    const socket = await openTls(gateway);
    const answer = readAll(socket);
    socket.write('POST / HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nxyz\r\n');
    assert.doesNotMatch(await answer, /^HTTP\/1\.1 200/);
    await untilIdle(gateway);
    assert.doesNotMatch(upstream.received(), /0\r\n\r\n$/);
  });

  it('arrives whole, however large, over HTTP/1.1 and HTTP/2, and so does the answer', {timeout: 120_000}, async () => {
    const size = 50 * MIB;
    const gateway = await startGateway({
      upstream: await startUpstream(async (request, response) => {
        const hash = await hashOf(request);
        response.writeHead(200, {'x-hash': hash, ...(request.url === '/sized' ? {'content-length': size} : {})});
        await pipeline(pattern(size), response);
      }),
    });
    const expected = hashOfPattern(size);

    const request = openHttpsRequest(http1Options(gateway, {method: 'POST', path: '/sized'}));
    const answered = once(request, 'response');
    await pipeline(pattern(size), request);
    const [response] = await answered;
    assert.equal(response.headers['x-hash'], expected);
    assert.equal(await hashOf(response), expected);

    const stream = openHttp2(gateway).request({':method': 'POST', ':path': '/', ':authority': HOST});
    Readable.from(pattern(size)).pipe(stream);
    const [headers] = await once(stream, 'response');
    assert.equal(headers['x-hash'], expected);
    assert.equal(await hashOf(stream), expected);
  });

  it('is not read faster than the app takes it', async () => {
    const upstream = await startUpstream(() => undefined);
    const gateway = await startGateway({upstream});
    const size = 50 * MIB;
    let sent = 0;
    function* counted() {
      for (const chunk of pattern(size)) {
        sent += chunk.length;
        yield chunk;
      }
    }
    const request = openHttpsRequest(http1Options(gateway, {method: 'POST'}));
    const upload = pipeline(counted, request);
    const [received, answer] = await once(upstream.server, 'request');
    await untilNothingMoves();
    assert.ok(sent < size / 2, `${sent} bytes were taken although nobody read them`);
    received.resume();
    await upload;
    assert.equal(sent, size);
    answer.end();
    await once(request, 'response');
  });

  it('may be left unread by an app that answers early', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(413, {connection: 'close'});
      response.end('too much');
    });
    const gateway = await startGateway({upstream});
    const session = openHttp2(gateway);
    const stream = session.request({':method': 'POST', ':path': '/', ':authority': HOST});
    stream.write('some');
    const [headers] = await once(stream, 'response');
    assert.equal(headers[':status'], 413);
    stream.end();
    assert.equal((await readHttp2(stream)).body, 'too much');

    const socket = await openTls(gateway);
    socket.write('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 10\r\n\r\nhello');
    assert.match(await readUntil(socket, 'too much'), /^HTTP\/1\.1 413 /);
    await untilIdle(gateway);
    // The rest of the body is not taken for the next request.
    socket.write('worldGET /next HTTP/1.1\r\nHost: other.test\r\n\r\n');
    assert.match(await readUntil(socket, 'NO_SUCH_APP'), /^(?:0\r\n\r\n)?HTTP\/1\.1 421 /);
  });
});

describe('the body of an answer', () => {
  it('arrives as it comes', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, {'content-type': 'text/event-stream'});
      response.flushHeaders();
    });
    const gateway = await startGateway({upstream});
    const request = openHttpsRequest(http1Options(gateway));
    const answered = once(request, 'response');
    request.end();
    const [, source] = await once(upstream.server, 'request');
    // The head is here although the app has written nothing yet.
    const [answer] = await answered;
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      source.write(event);
      assert.equal(String((await once(answer, 'data'))[0]), event);
    }
    source.end();
    await once(answer, 'end');

    const stream = openHttp2(gateway).request({':path': '/', ':authority': HOST});
    const [, source2] = await once(upstream.server, 'request');
    await once(stream, 'response');
    source2.write('data: 3\n\n');
    assert.equal(String((await once(stream, 'data'))[0]), 'data: 3\n\n');
    source2.end();
    await once(stream, 'end');
  });

  it('is not read faster than the client takes it', async () => {
    const size = 50 * MIB;
    let sent = 0;
    const upstream = await startUpstream((_, response) => {
      function* counted() {
        for (const chunk of pattern(size)) {
          sent += chunk.length;
          yield chunk;
        }
      }
      pipeline(counted, response).catch(() => undefined);
    });
    const gateway = await startGateway({upstream});
    const request = openHttpsRequest(http1Options(gateway));
    request.end();
    const [answer] = await once(request, 'response');
    await untilNothingMoves();
    assert.ok(sent < size / 2, `${sent} bytes were read although nobody took them`);
    answer.destroy();

    sent = 0;
    const stream = openHttp2(gateway).request({':path': '/', ':authority': HOST});
    await once(stream, 'response');
    await untilNothingMoves();
    assert.ok(sent < size / 2, `${sent} bytes were read although nobody took them`);
  });

  it('keeps its length where the app states it, and is in chunks where not', async () => {
    const gateway = await startGateway({
      upstream: await startUpstream((request, response) => {
        if (request.url === '/sized') response.setHeader('content-length', 4);
        response.write('bo');
        response.end('dy');
      }),
    });
    const sized = await fetchHttp1(gateway, {path: '/sized'});
    assert.equal(sized.headers['content-length'], '4');
    assert.equal(sized.headers['transfer-encoding'], undefined);
    const chunked = await fetchHttp1(gateway);
    assert.equal(chunked.headers['content-length'], undefined);
    assert.equal(chunked.headers['transfer-encoding'], 'chunked');
    assert.equal(chunked.body, 'body');
  });

  it('ends with the connection where the app says so', async () => {
    const upstream = await startRawUpstream(socket =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it')),
    );
    const gateway = await startGateway({upstream});
    assert.equal((await fetchHttp1(gateway)).body, 'all of it');
    assert.equal((await fetchHttp2(openHttp2(gateway))).body, 'all of it');
  });

  it.each([
    ['a length', 'Content-Length: 100', 'partial'],
    ['chunks', 'Transfer-Encoding: chunked', '7\r\npartial\r\n'],
    ['a reset', 'Content-Length: 100', 'partial'],
  ])('that breaks off (%s) never looks complete', async (how, header, body) => {
    const upstream = await startRawUpstream(socket =>
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n${header}\r\n\r\n${body}`, () => {
          if (how === 'a reset') socket.resetAndDestroy();
          else socket.end();
        });
      }),
    );
    const gateway = await startGateway({upstream});
    await assert.rejects(fetchHttp1(gateway), {code: 'ECONNRESET'});
    const socket = await openTls(gateway);
    const raw = readAll(socket);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
    assert.doesNotMatch(await raw, /\r\n0\r\n/);
    await assert.rejects(fetchHttp2(openHttp2(gateway)), /INTERNAL_ERROR|code 2/);
    const stream = openHttp2(gateway).request({':path': '/', ':authority': HOST});
    await assert.rejects(hashOf(stream));
    await untilIdle(gateway);
  });
});

describe('a client that leaves', () => {
  /** An app that holds its requests; `left` resolves when one of them was aborted. */
  async function startHoldingUpstream(begin: (response: ServerResponse) => void) {
    let tell: () => void = () => undefined;
    const left = new Promise<void>(resolve => {
      tell = resolve;
    });
    const upstream = await startUpstream((request, response) => {
      request.resume();
      response.once('close', () => {
        if (!response.writableFinished) tell();
      });
      begin(response);
    });
    return {upstream, left};
  }

  it('before the answer, is no longer waited for by the app', async () => {
    for (const version of [1, 2]) {
      const {upstream, left} = await startHoldingUpstream(() => undefined);
      const gateway = await startGateway({upstream});
      const arrived = once(upstream.server, 'request');
      if (version === 1) {
        const request = openHttpsRequest(http1Options(gateway));
        request.on('error', () => undefined);
        request.end();
        await arrived;
        request.destroy();
      } else {
        const stream = openHttp2(gateway).request({':path': '/', ':authority': HOST});
        await arrived;
        stream.close(8);
      }
      await left;
      await untilIdle(gateway);
    }
  });

  it("in the middle of the answer, ends the app's work on it", async () => {
    for (const version of [1, 2]) {
      const {upstream, left} = await startHoldingUpstream(response => response.write('first'));
      const gateway = await startGateway({upstream});
      if (version === 1) {
        const request = openHttpsRequest(http1Options(gateway));
        request.on('error', () => undefined);
        request.end();
        const [answer] = await once(request, 'response');
        await once(answer, 'data');
        request.destroy();
      } else {
        const stream = openHttp2(gateway).request({':path': '/', ':authority': HOST});
        await once(stream, 'data');
        stream.close(8);
      }
      await left;
      await untilIdle(gateway);
    }
  });

  it("in the middle of its upload, ends the app's work on it", async () => {
    for (const version of [1, 2]) {
      const {upstream, left} = await startHoldingUpstream(() => undefined);
      const gateway = await startGateway({upstream});
      const arrived = once(upstream.server, 'request');
      if (version === 1) {
        const socket = await openTls(gateway);
        socket.write('POST / HTTP/1.1\r\nHost: app.test\r\nContent-Length: 10\r\n\r\nhello');
        await arrived;
        socket.destroy();
      } else {
        const stream = openHttp2(gateway).request({':method': 'POST', ':path': '/', ':authority': HOST});
        stream.write('hello');
        await arrived;
        stream.close(8);
      }
      await left;
      await untilIdle(gateway);
    }
  });

  it("as a whole HTTP/2 connection, ends the app's work on all of its requests", async () => {
    const {upstream, left} = await startHoldingUpstream(() => undefined);
    const gateway = await startGateway({upstream});
    const session = openHttp2(gateway);
    const streams = Array.from({length: 10}, () => session.request({':path': '/', ':authority': HOST}));
    for (const stream of streams) stream.on('error', () => undefined);
    for (let count = 0; count < 10; count++) await once(upstream.server, 'request');
    assert.equal(gateway.inFlight('app'), 10);
    session.destroy();
    await left;
    await untilIdle(gateway);
  });
});

describe('a client of undici', () => {
  it.each([true, false])('is served, with HTTP/2 allowed: %s', async allowH2 => {
    const gateway = await startGateway({
      upstream: await startUpstream(async (request, response) => response.end(await hashOf(request))),
    });
    const dispatcher = new Agent({allowH2, connect: {ca: certificate.cert, servername: HOST}});
    onTestFinished(() => dispatcher.destroy());
    const {statusCode, body} = await fetchUndici(`https://127.0.0.1:${gateway.https.port}/`, {
      dispatcher,
      method: 'POST',
      headers: {host: HOST},
      body: 'hello',
    });
    assert.equal(statusCode, 200);
    assert.equal(await body.text(), createHash('sha256').update('hello').digest('hex'));
  });
});

/** Turns the event loop often enough for all that can move to have moved. */
async function untilNothingMoves(): Promise<void> {
  for (let turn = 0; turn < 2_000; turn++) await new Promise(resolve => setImmediate(resolve));
}
