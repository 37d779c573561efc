import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {createSecureServer, type Http2ServerRequest, type Http2ServerResponse} from 'node:http2';
import type {AddressInfo, Socket} from 'node:net';
import {buffer} from 'node:stream/consumers';
import {describe, it} from 'vitest';
import {WebSocketServer} from 'ws';
import {createTestCertificate} from '../helpers/certificates.js';
import {eventually} from '../helpers/eventually.js';
import {createLoad, type Load, type LoadOptions} from '../helpers/vps/load.js';
import type {LoadReport} from '../helpers/vps/load-tally.js';

// The account that the deploy tests take as proof: whether it misses nothing that goes wrong, and counts nothing that did not.

const NAME = 'shop.example';
const NONE = {http1: 0, http2: 0, websocket: 0, events: 0, upload: 0};

type Answer = (request: Http2ServerRequest, response: Http2ServerResponse) => void;
type App = {
  readonly port: number;
  readonly ca: string;
  readonly sockets: WebSocketServer;
  /** What the requests to `/` get from now on. */
  answerWith(answer: Answer): void;
  endEventStreams(): void;
  readonly connections: ReadonlySet<Socket>;
  close(): Promise<void>;
};

describe('a steady load', () => {
  it('counts all kinds of requests, and finds nothing wrong where nothing is', async () => {
    const {counts, failed, failures, streamEnds} = await loaded({}, async (_app, load) => {
      await eventually(() => assert.ok(Object.values(load.report().counts).every(count => count >= 10)));
    });
    assert.deepEqual({failed, failures, streamEnds}, {failed: 0, failures: [], streamEnds: []});
    assert.ok(Object.values(counts).every(count => count >= 10));
  });

  it('keeps its connections', async () => {
    await loaded({clients: {...NONE, http1: 2, http2: 2}}, async (app, load) => {
      await eventually(() => assert.ok(load.report().counts.http1 + load.report().counts.http2 > 40));
      assert.equal(app.connections.size, 4);
    });
  });

  it('keeps the first failure of each reason in full, and counts the others', async () => {
    const report = await loaded({clients: {...NONE, http1: 1, http2: 1}}, async (app, load) => {
      app.answerWith((_request, response) => response.writeHead(502, {'x-why': 'no instance'}).end('bad luck'));
      await eventually(() => assert.ok(load.report().failures.every(({count}) => count > 2)));
      await eventually(() => assert.equal(load.report().failures.length, 2));
    });
    assert.deepEqual(report.failures.map(({kind, reason}) => `${kind}: ${reason}`).sort(), [
      'http1: status 502',
      'http2: status 502',
    ]);
    assert.equal(report.failed, sumOf(report.failures.map(({count}) => count)));
    for (const {first} of report.failures)
      assert.match(first, /after \d+ ms: status 502[\s\S]*no instance[\s\S]*bad luck/);
  });

  it('takes an answer that is cut for a failure, over HTTP/1.1 and HTTP/2', async () => {
    const report = await loaded({clients: {...NONE, http1: 1, http2: 1}}, async (app, load) => {
      app.answerWith((request, response) => {
        response.writeHead(200, {'content-length': '100'});
        response.write('half');
        if (request.httpVersion === '1.1') setTimeout(() => request.socket.destroy(), 10);
        else setTimeout(() => response.stream.close(8), 10);
      });
      await eventually(() => assert.equal(load.report().failures.length, 2));
    });
    const [http1 = '', http2] = report.failures.map(({kind, reason}) => `${kind}: ${reason}`).sort();
    assert.match(http1, /^http1: ECONNRESET: aborted/);
    assert.equal(http2, 'http2: cut with code 8');
  });

  it('takes a stream that ends without an answer for a failure', async () => {
    const report = await loaded({clients: {...NONE, http2: 1}}, async (app, load) => {
      app.answerWith((_request, response) => response.stream.close(8));
      await eventually(() => assert.ok(load.report().failed > 0));
    });
    assert.deepEqual(
      report.failures.map(({reason}) => reason),
      ['ended without an answer'],
    );
  });

  it('sends again what was refused unseen, and says how often', async () => {
    let refusals = 3;
    const report = await loaded({clients: {...NONE, http2: 1}}, async (app, load) => {
      const {http2: before} = load.report().counts;
      app.answerWith((_request, response) => (refusals-- > 0 ? response.stream.close(7) : response.end('ok')));
      await eventually(() => assert.ok(load.report().counts.http2 > before + 5));
    });
    assert.deepEqual([report.failed, report.refusedStreams], [0, 3]);
  });

  it('goes on over a new connection when the server says that it goes away', async () => {
    const report = await loaded({clients: {...NONE, http2: 2}}, async (app, load) => {
      let answers = 0;
      app.answerWith((request, response) => {
        if (answers++ % 3 === 0) request.stream.session?.close();
        response.end('ok');
      });
      const {http2: before} = load.report().counts;
      await eventually(() => assert.ok(load.report().counts.http2 > before + 20));
    });
    assert.equal(report.failed, 0, JSON.stringify(report.failures));
  });

  it('says when an upload came to harm', async () => {
    const report = await loaded({clients: {...NONE, upload: 2}, paths: {upload: '/harm'}}, async (_app, load) => {
      await eventually(() => assert.ok(load.report().failed >= 2));
    });
    assert.deepEqual(
      report.failures.map(({kind, reason}) => `${kind}: ${reason}`),
      ['upload: broken upload'],
    );
  });

  it('says with which code and at what age a WebSocket was closed, and opens a new one', async () => {
    const report = await loaded({clients: {...NONE, websocket: 1}}, async (app, load) => {
      for (const socket of app.sockets.clients) socket.close(1012, 'restart');
      await eventually(() => assert.equal(load.report().streamEnds.length, 1));
      await eventually(() => assert.equal(app.sockets.clients.size, 1));
      for (const socket of app.sockets.clients) socket.terminate();
      await eventually(() => assert.equal(load.report().streamEnds.length, 2));
    });
    const ends = report.streamEnds.map(({kind, code, reason}) => ({kind, code, reason}));
    assert.deepEqual(ends, [
      {kind: 'websocket', code: 1012, reason: 'restart'},
      {kind: 'websocket', code: 1006, reason: ''},
    ]);
    assert.ok(report.streamEnds.every(({ageMs, atMs}) => ageMs >= 0 && ageMs <= atMs));
    assert.equal(report.failed, 0, JSON.stringify(report.failures));
  });

  it('takes a wrong echo for a failure', async () => {
    const report = await loaded(
      {clients: {...NONE, websocket: 1}, paths: {webSocket: '/wrong'}},
      async (_app, load) => {
        await eventually(() => assert.ok(load.report().failed > 0));
      },
    );
    assert.match(report.failures[0]?.reason ?? '', /^wrong echo of message 0/);
  });

  it('says how an event stream ended, and opens a new one', async () => {
    const report = await loaded({clients: {...NONE, events: 1}}, async (app, load) => {
      app.endEventStreams();
      await eventually(() => assert.equal(load.report().streamEnds.length, 1));
      const {events: before} = load.report().counts;
      await eventually(() => assert.ok(load.report().counts.events > before));
      for (const connection of app.connections) connection.destroy();
      await eventually(() => assert.equal(load.report().streamEnds.length, 2));
    });
    assert.deepEqual(
      report.streamEnds.map(({code}) => code),
      [0, 1006],
    );
  });

  it('takes a certificate that is not from the given root for a failure of everything', async () => {
    const other = createTestCertificate(NAME);
    const report = await loaded({ca: other.cert}, async (_app, load) => {
      await eventually(() => assert.equal(new Set(load.report().failures.map(({kind}) => kind)).size, 5));
    });
    assert.equal(sumOf(Object.values(report.counts)), 0);
  });

  it('says what the test finds wrong with an answer', async () => {
    const findFault = ({body}: {body: string}): string | undefined => (body === 'ok' ? 'an old release' : undefined);
    const report = await loaded({clients: {...NONE, http1: 1}, findFault}, async (_app, load) => {
      await eventually(() => assert.ok(load.report().failed > 0));
    });
    assert.equal(report.failures[0]?.reason, 'an old release');
  });

  it('takes an answer that does not come for a failure', async () => {
    const report = await loaded({clients: {...NONE, http1: 1, http2: 1}, timeoutMs: 1_000}, async (app, load) => {
      app.answerWith(() => {});
      await eventually(() => assert.equal(load.report().failures.length, 2));
    });
    for (const {reason} of report.failures) assert.match(reason, /^not answered in time/);
  });
});

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);

/** Runs the load on an app, once it has begun to count, and gives what came of it. */
async function loaded(
  options: Partial<LoadOptions>,
  use: (app: App, load: Load) => Promise<void>,
): Promise<LoadReport> {
  const app = await startApp();
  const load = createLoad({address: '127.0.0.1', host: NAME, port: app.port, ca: app.ca, pauseMs: 5, ...options});
  load.start();
  try {
    await eventually(() => assert.ok(Object.values(load.report().counts).some(Boolean) || load.report().failed > 0));
    await use(app, load);
  } finally {
    await load.stop();
    await app.close();
  }
  return load.report();
}

async function startApp(): Promise<App> {
  const {cert, key} = createTestCertificate(NAME);
  let answer: Answer = (_request, response) => void response.end('ok');
  const endsOfStreams = new Set<() => void>();
  const server = createSecureServer({cert, key, allowHTTP1: true}, async (request, response) => {
    if (request.url === '/events') return startEvents(response, endsOfStreams);
    if (request.url === '/upload' || request.url === '/harm') return await answerHash(request, response);
    answer(request, response);
  });
  const connections = new Set<Socket>();
  server.on('secureConnection', socket => {
    connections.add(socket);
    socket.on('error', () => {}).on('close', () => connections.delete(socket));
  });
  const sockets = new WebSocketServer({noServer: true});
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, webSocket => {
      webSocket.on('message', data => webSocket.send(request.url === '/wrong' ? 'what?' : String(data)));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ca: cert,
    sockets,
    answerWith: next => {
      answer = next;
    },
    endEventStreams: () => {
      for (const end of endsOfStreams) end();
    },
    connections,
    async close() {
      const closed = once(server, 'close');
      server.close();
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

function startEvents(response: Http2ServerResponse, endsOfStreams: Set<() => void>): void {
  response.writeHead(200, {'content-type': 'text/event-stream'});
  const timer = setInterval(() => response.write('data: tick\n\n'), 5);
  const end = (): void => {
    clearInterval(timer);
    response.end();
  };
  endsOfStreams.add(end);
  response.on('close', () => {
    clearInterval(timer);
    endsOfStreams.delete(end);
  });
}

async function answerHash(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
  const body = await buffer(request).catch(() => undefined);
  if (!body) return;
  if (request.url === '/harm') body[500_000] = (body[500_000] ?? 0) ^ 1;
  response.end(createHash('sha256').update(body).digest('hex'));
}
