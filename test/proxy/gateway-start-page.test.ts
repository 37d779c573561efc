import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {StartProgress} from '../../src/proxy/start-page.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {TakoError} from '../../src/system/error.js';
import {
  fetchHttp1,
  fetchHttp2,
  openHttp2,
  openTls,
  readAll,
  startGateway,
  startUpstream,
  type TestGatewayOptions,
  untilIdle,
} from './harness.js';

const NAVIGATION = {accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate'};
const EVIL = '\x1b[31m<script>alert("1")</script>\x1b[0m';

/** A gateway whose app starts until the test says otherwise. */
async function startSlowApp(options: TestGatewayOptions = {}) {
  const {promise, resolve, reject} = Promise.withResolvers<Upstream>();
  const asked = Promise.withResolvers<void>();
  let ready: Upstream | undefined;
  let progress: StartProgress | undefined = {
    state: 'starting',
    startedAt: Date.now() - 3_000,
    lastLines: ['one', EVIL],
  };
  let activations = 0;
  const gateway = await startGateway({
    activate: () => {
      activations += 1;
      asked.resolve();
      return promise;
    },
    findUpstream: () => ready,
    startOf: () => progress,
    ...options,
  });
  return {
    gateway,
    asked: asked.promise,
    activations: () => activations,
    become(upstream: Upstream): void {
      ready = upstream;
      progress = undefined;
      resolve(upstream);
    },
    fail(error: unknown): void {
      progress = undefined;
      reject(error);
    },
    ask: async () => JSON.parse((await fetchHttp1(gateway, {path: '/_tako/start?at=/'})).body),
  };
}

const greet = () => startUpstream((_, response) => response.end('hello'));

describe('a browser that waits for an app', () => {
  it('is shown a page that follows the start, in so many bytes', async () => {
    const {gateway} = await startSlowApp();
    const socket = await openTls(gateway);
    socket.write('GET /a?b HTTP/1.1\r\nHost: app.test\r\nAccept: text/html\r\nConnection: close\r\n\r\n');
    const bytes = await readAll(socket);
    const [head = '', body = ''] = bytes.split('\r\n\r\n', 2);
    assert.match(head, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
    assert.match(head, /\r\nretry-after: 1\r\n/i);
    assert.match(head, /\r\ncache-control: no-store\r\n/i);
    assert.match(head, /\r\ncontent-security-policy: default-src 'none'; script-src 'self'; /i);
    assert.match(head, new RegExp(`\r\ncontent-length: ${body.length}(?:\r\n|$)`, 'i'));
    assert.match(body, /<h1 id="message">app is starting<\/h1>/);
    assert.match(body, /<p class="hint" id="hint">[34] s\. /);
    assert.match(body, /<pre id="lines">one\n&#60;script&#62;alert\(&#34;1&#34;\)&#60;\/script&#62;<\/pre>/);
    assert.match(body, /<noscript><meta http-equiv="refresh" content="1"><\/noscript>/);
    assert.match(body, /<script src="\/_tako\/start\.js" data-app="app" data-state="starting" async>/);
    assert.doesNotMatch(body, /\{\{|undefined/);
    await untilIdle(gateway);
  });

  it('gets the app itself where that is ready in time', async () => {
    const app = await startSlowApp();
    const answer = fetchHttp2(openHttp2(app.gateway), NAVIGATION);
    await app.asked;
    app.become(await greet());
    assert.equal((await answer).body, 'hello');
  });

  it('is told at once when the start fails, on a page that waits for the next one', async () => {
    const app = await startSlowApp();
    const answer = fetchHttp1(app.gateway, {headers: NAVIGATION});
    await app.asked;
    app.fail(new TakoError('APP_EXITED', 'app exited with code 1', {hint: 'look here', details: [EVIL]}));
    const {status, body} = await answer;
    assert.equal(status, 502);
    assert.match(body, /<h1>app exited with code 1<\/h1>\s*<p class="hint">look here<\/p>/);
    assert.match(body, /<pre>&#60;script&#62;/);
    assert.match(body, /<script src="\/_tako\/start\.js" data-state="failed" async><\/script>/);
  });

  it('does not begin another start with its page, which goes on without it', async () => {
    const app = await startSlowApp();
    assert.equal((await fetchHttp1(app.gateway, {headers: NAVIGATION})).status, 503);
    assert.equal((await fetchHttp1(app.gateway, {headers: NAVIGATION})).status, 503);
    assert.equal(app.activations(), 1);
    app.become(await greet());
    assert.equal((await fetchHttp1(app.gateway, {headers: NAVIGATION})).body, 'hello');
  });

  it('leaves a bug in the start to be reported', async () => {
    const bugs: unknown[] = [];
    const app = await startSlowApp({onBug: error => bugs.push(error)});
    assert.equal((await fetchHttp1(app.gateway, {headers: NAVIGATION})).status, 503);
    const bug = new TypeError('x is not a function');
    app.fail(bug);
    assert.equal((await app.ask()).code, 'INTERNAL_ERROR');
    assert.deepEqual(bugs, [bug]);
  });

  it('is answered 500 where its page cannot be made', async () => {
    const bugs: unknown[] = [];
    const bug = new TypeError('x is not a function');
    const startOf = (): never => {
      throw bug;
    };
    const {gateway} = await startSlowApp({startOf, onBug: error => bugs.push(error)});
    assert.equal((await fetchHttp1(gateway, {headers: NAVIGATION})).status, 500);
    assert.deepEqual(bugs, [bug]);
  });

  it('just waits where no page follows starts', async () => {
    const upstream = await greet();
    const gateway = await startGateway({
      findUpstream: () => undefined,
      activate: () => new Promise(resolve => setTimeout(() => resolve(upstream), 1_300)),
    });
    assert.equal((await fetchHttp1(gateway, {headers: NAVIGATION})).body, 'hello');
  });
});

describe('everything else that waits for an app', () => {
  it.each([
    ['a tool', {accept: '*/*'}, 'GET'],
    ['a fetch', {accept: 'text/html', 'sec-fetch-mode': 'cors'}, 'GET'],
    ['a prefetch', {...NAVIGATION, 'sec-purpose': 'prefetch'}, 'GET'],
    ['a form', NAVIGATION, 'POST'],
  ])('such as %s, just waits', async (_, headers, method) => {
    const app = await startSlowApp();
    const answer = fetchHttp1(app.gateway, {headers, method});
    await app.asked;
    await new Promise(resolve => setTimeout(resolve, 1_200));
    app.become(await greet());
    assert.equal((await answer).body, 'hello');
  });
});

describe('what the page asks for', () => {
  it('is the state of the start, as text', async () => {
    const app = await startSlowApp();
    const {state, word, seconds, lines} = await app.ask();
    assert.deepEqual(
      {state, word, lines},
      {state: 'starting', word: 'starting', lines: ['one', '<script>alert("1")</script>']},
    );
    assert.ok(seconds >= 3);
  });

  it('is bounded, whatever the app writes', async () => {
    const lastLines = Array.from({length: 100}, (_, index) => `${index} ${'x'.repeat(10_000)}`);
    const app = await startSlowApp({startOf: () => ({state: 'restarting', startedAt: Date.now() + 5_000, lastLines})});
    const {word, seconds, lines} = await app.ask();
    assert.equal(word, 'restarting');
    assert.equal(seconds, 0);
    assert.equal(lines.length, 12);
    assert.match(lines[11], /^99 x{397}$/);
  });

  it('is answered as soon as the app is ready, and neither as a request of it nor as a reason to start it', async () => {
    const app = await startSlowApp();
    assert.equal((await app.ask()).state, 'starting');
    assert.equal(app.activations(), 0);
    assert.deepEqual(app.gateway.activity('app'), {inFlight: 0, lastActiveAt: 0});
    void fetchHttp1(app.gateway).catch(() => undefined);
    await app.asked;
    const asked = app.ask();
    app.become(await greet());
    await asked;
    assert.deepEqual(await app.ask(), {state: 'ready'});
  });

  it('is why the start failed, until there is another', async () => {
    const app = await startSlowApp();
    const answer = fetchHttp1(app.gateway);
    await app.asked;
    app.fail(new TakoError('APP_EXITED', 'app exited with code 1', {hint: 'look here', details: [EVIL]}));
    assert.equal((await answer).status, 502);
    assert.deepEqual(await app.ask(), {
      state: 'failed',
      code: 'APP_EXITED',
      message: 'app exited with code 1',
      hint: 'look here',
      lines: ['<script>alert("1")</script>'],
    });
  });

  it('is that the app is stopped, where nothing was tried', async () => {
    const app = await startSlowApp({startOf: () => undefined});
    assert.deepEqual(await app.ask(), {state: 'stopped'});
  });

  it('is kept from other origins and caches', async () => {
    const {gateway} = await startSlowApp();
    for (const path of ['/_tako/start', '/_tako/start.js']) {
      const {headers} = await fetchHttp1(gateway, {path, headers: {origin: 'https://evil.example'}});
      assert.equal(headers['cache-control'], 'no-store');
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
      assert.equal(headers['access-control-allow-origin'], undefined);
    }
  });
});
