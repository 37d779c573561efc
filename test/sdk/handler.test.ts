import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {rmSync} from 'node:fs';
import {setTimeout as delay} from 'node:timers/promises';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {createRandom} from '../helpers/random.js';
import {type ContractApp, createApps, documentOf} from './contract-app.js';
import {ask, askJson, headOf, open, openSocket} from './http-client.js';
import {createAppFolder, RUNTIMES} from './runtimes.js';

const MIB = 1024 * 1024;

/** Far more than systems keep for two ends of a loopback connection. */
const HELD_UP_BYTES = 24 * MIB;

type State = {readonly aborted: number; readonly cancelled: number; readonly pulled: number};

for (const runtime of RUNTIMES) {
  describe.skipIf(runtime.isMissing)(`a fetch handler on ${runtime.name}`, () => {
    const isNode = runtime.name.startsWith('Node');
    const apps = createApps();
    let folder: string;
    let app: ContractApp;
    let port: number;

    beforeAll(async () => {
      folder = createAppFolder('sdk/handler.mjs');
      app = await apps.start(runtime.launch(folder, 'handler.mjs'), {directory: folder, document: documentOf()});
      port = await app.port();
    });
    afterAll(async () => {
      await apps.close();
      rmSync(folder, {recursive: true, force: true});
    });

    const state = (): Promise<State> => askJson(port, '/state');

    it('sees the address that the visitor has, and the port that it really listens on', async () => {
      const headers = {'x-forwarded-proto': 'https'};
      const seen = await askJson<object>(port, '/url?a=1&b=%20', {headers});
      assert.deepEqual(seen, {url: 'https://app.test/url?a=1&b=%20', method: 'GET', port});
      assert.equal((await askJson<{url: string}>(port, '/url')).url, 'http://app.test/url');
    });

    it('sees every field of a request', async () => {
      const seen = await askJson<[string, string][]>(port, '/headers', {headers: {cookie: 'a=1; b=2', 'x-a': 'ü'}});
      assert.ok(seen.some(([name, value]) => name === 'cookie' && value === 'a=1; b=2'));
      assert.ok(seen.some(([name]) => name === 'x-a'));
    });

    it('can set several cookies', async () => {
      assert.deepEqual((await ask(port, '/cookies')).headers['set-cookie'], ['a=1', 'b=2']);
    });

    it('sends a short answer with its length', async () => {
      const {headers, body} = await ask(port, '/');
      assert.deepEqual([headers['content-length'], headers['transfer-encoding'], `${body}`], ['5', undefined, 'hello']);
    });

    it('answers HEAD and 204 without a body', async () => {
      const {status, body} = await ask(port, '/', {method: 'HEAD'});
      assert.deepEqual([status, body.length], [200, 0]);
      const empty = await ask(port, '/no-content');
      assert.deepEqual([empty.status, empty.headers['content-length'], empty.body.length], [204, undefined, 0]);
    });

    it('gives back 8 MiB as they came', async () => {
      const sent = createRandom(8).bytes(MIB);
      const body = Buffer.concat(Array.from({length: 8}, () => sent));
      const answer = await ask(port, '/echo', {method: 'POST', body});
      assert.equal(answer.body.equals(body), true);
      const hash = createHash('sha256').update(body).digest('hex');
      assert.equal(`${(await ask(port, '/hash', {method: 'PUT', body})).body}`, hash);
    });

    it('holds up who sends faster than it reads', async () => {
      const asked = open(port, '/slow-reader', {method: 'POST', headers: {'content-length': String(64 * MIB)}});
      const answered = headOf(asked);
      for (let count = 0; count < 64; count++) asked.write(Buffer.alloc(MIB));
      asked.end();
      await delay(300);
      assert.ok(asked.writableLength > 64 * MIB - HELD_UP_BYTES, `${asked.writableLength} bytes wait`);
      let text = '';
      for await (const chunk of await answered) text += chunk;
      assert.equal(text, String(64 * MIB));
    });

    it('is asked for more only as fast as the client reads, and told when it goes', async () => {
      const before = await state();
      const asked = open(port, '/endless').end();
      const answer = await headOf(asked);
      answer.pause();
      await delay(300);
      const {pulled} = await state();
      assert.ok((pulled - before.pulled) * 65_536 < HELD_UP_BYTES, `${pulled} blocks were made`);
      asked.destroy();
      await eventually(async () => assert.equal((await state()).cancelled, before.cancelled + 1));
    });

    it('learns by the signal when the client hangs up, and only then', async () => {
      const before = await state();
      assert.equal(`${(await ask(port, '/waits?ms=10')).body}`, 'waited');
      const asked = open(port, '/waits').on('error', () => {});
      asked.end();
      await once(asked, 'socket');
      await delay(100);
      assert.equal((await state()).aborted, before.aborted);
      asked.destroy();
      await eventually(async () => assert.equal((await state()).aborted, before.aborted + 1));
    });

    it('is answered for with 500 when it throws, and when it gives no answer', async () => {
      for (const path of ['/throws', '/undefined']) {
        const {status, body} = await ask(port, path);
        assert.deepEqual([status, `${body}`], [500, '{"error":"Internal Server Error"}']);
      }
      await eventually(() => {
        assert.match(app.output(), /as it happens/);
        assert.match(app.output(), /fetch gave undefined for GET \/undefined, not a Response/);
      });
    });

    it('may give an object that has the answer inside', async () => {
      const {status, body} = await ask(port, '/shim');
      assert.deepEqual([status, `${body}`], [201, 'from inside']);
    });

    it('sends events as they come', async () => {
      const answer = await headOf(open(port, '/events').end());
      const chunks: string[] = [];
      for await (const chunk of answer) chunks.push(String(chunk));
      assert.deepEqual(chunks, ['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
    });

    it('shows by a cut connection that a body is not complete', async () => {
      await assert.rejects(ask(port, '/breaks'));
    });

    it('may leave a body unread', async () => {
      const {status} = await ask(port, '/ignores-body', {method: 'POST', body: Buffer.alloc(100_000)});
      assert.equal(status, 413);
      assert.equal((await ask(port, '/')).status, 200);
    });

    it('says when it cannot send trailers', async () => {
      const {headers, trailers, body} = await ask(port, '/trailers');
      const hash = createHash('sha256').update('body').digest('hex');
      assert.equal(headers['x-set'], String(isNode));
      assert.deepEqual([`${body}`, trailers['x-sha256']], ['body', isNode ? hash : undefined]);
    });

    if (isNode) nodeOnly(() => port);
  });
}

/** What Node's server leaves to us, and others do in their own way or not at all. */
function nodeOnly(portOf: () => number): void {
  it('can send early hints', async () => {
    const asked = open(portOf(), '/hints').end();
    const answered = headOf(asked);
    const [hints] = await once(asked, 'information');
    assert.deepEqual([hints.statusCode, hints.headers.link], [103, '</app.css>; rel=preload; as=style']);
    assert.equal((await answered).statusCode, 200);
  });

  it('can read what comes behind a body', async () => {
    const {socket, text, closed} = await openSocket(portOf());
    socket.write(
      'POST /request-trailers HTTP/1.1\r\nHost: app.test\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n',
    );
    socket.write('Connection: close\r\n\r\n3\r\nabc\r\n0\r\nx-sum: 6\r\n\r\n');
    await closed;
    assert.match(text(), /\[\["x-sum","6"\]\]/);
  });

  it('lets a client send its body when the handler reads it, and not before', async () => {
    const head = (path: string): string =>
      `POST ${path} HTTP/1.1\r\nHost: app.test\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
    const reads = await openSocket(portOf());
    reads.socket.write(head('/echo'));
    await eventually(() => assert.match(reads.text(), /^HTTP\/1\.1 100 Continue\r\n\r\n/));
    reads.socket.write('abc');
    await eventually(() => assert.match(reads.text(), /\r\n\r\nHTTP\/1\.1 200 OK[\s\S]*abc/));
    reads.socket.destroy();
    const refuses = await openSocket(portOf());
    refuses.socket.write(head('/ignores-body'));
    await refuses.closed;
    assert.match(refuses.text(), /^HTTP\/1\.1 413 [\s\S]*Connection: close/i);
  });

  it('keeps the words beside a status', async () => {
    const answer = await headOf(open(portOf(), '/status-text').end());
    assert.deepEqual([answer.statusCode, answer.statusMessage], [418, 'Short And Stout']);
    answer.resume();
  });

  it('refuses what no Request can be, and goes on', async () => {
    const hosts = await openSocket(portOf());
    hosts.socket.write('GET / HTTP/1.1\r\nHost: a b\r\n\r\n');
    await hosts.closed;
    assert.match(hosts.text(), /^HTTP\/1\.1 400 /);
    assert.equal((await ask(portOf(), '/', {method: 'TRACE'})).status, 405);
    assert.equal((await ask(portOf(), '/')).status, 200);
  });

  it('does not believe a client about the scheme when it was not started by tako', async () => {
    const apps = createApps();
    const folder = createAppFolder('sdk/handler.mjs');
    try {
      const app = await apps.start([process.execPath, 'handler.mjs'], {directory: folder, document: ''});
      const headers = {'x-forwarded-proto': 'https'};
      const seen = await askJson<{url: string}>(await app.port(), '/url', {headers});
      assert.equal(seen.url, 'http://app.test/url');
    } finally {
      await apps.close();
      rmSync(folder, {recursive: true, force: true});
    }
  });
}
