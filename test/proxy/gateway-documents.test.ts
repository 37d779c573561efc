import assert from 'node:assert/strict';
import {once} from 'node:events';
import type {IncomingMessage, RequestListener} from 'node:http';
import {request as openHttpsRequest} from 'node:https';
import {gzipSync} from 'node:zlib';
import {describe, it, vi} from 'vitest';
import type {Gateway} from '../../src/proxy/gateway.js';
import {CLIENT_SCRIPT_PATH} from '../../src/proxy/reserved-paths.js';
import {
  type Answer,
  fetchHttp1,
  fetchHttp2,
  http1Options,
  openHttp2,
  openTls,
  readAll,
  route,
  startGateway,
  startRawUpstream,
  startUpstream,
} from './harness.js';

const NAVIGATION = {accept: 'text/html,*/*;q=0.8', 'sec-fetch-mode': 'navigate', 'accept-encoding': 'gzip, br'};
const PAGE = '<!doctype html><html><head><title>t</title></head><body>hello</body></html>';
const SCRIPT = /<script src="\/_tako\/client\.js" data-version="\d+" async><\/script>/;

const documentScript = (): string => CLIENT_SCRIPT_PATH;

const go = (gateway: Gateway, path = '/'): Promise<Answer> => fetchHttp1(gateway, {path, headers: NAVIGATION});

/** An app with one answer to everything. */
async function serve(headers: Record<string, string>, body: string | Buffer = PAGE, status = 200) {
  const requests: IncomingMessage[] = [];
  const handler: RequestListener = (request, response) => {
    requests.push(request);
    response.writeHead(status, headers).end(body);
  };
  return {requests, gateway: await startGateway({upstream: await startUpstream(handler), documentScript})};
}

function assertHasScript({body}: Answer, page = PAGE): void {
  assert.match(body, SCRIPT);
  assert.equal(body.replace(SCRIPT, ''), page);
  assert.match(body, /<\/script><\/head>/);
}

describe('the script of an app', () => {
  it('is added to its pages, whose length is known or not, over HTTP/1.1 and HTTP/2', async () => {
    const known = await serve({'content-type': 'text/html; charset=utf-8', 'content-length': String(PAGE.length)});
    const unknown = await serve({'content-type': 'text/html', 'transfer-encoding': 'chunked'});
    for (const {gateway} of [known, unknown]) {
      const answer = await go(gateway);
      assertHasScript(answer);
      assert.equal(answer.headers['content-length'], undefined);
      const other = await fetchHttp2(openHttp2(gateway), NAVIGATION);
      assertHasScript(other as unknown as Answer);
    }
  });

  it('is in a whole page, not in the one that the browser has from before', async () => {
    const {gateway, requests} = await serve({'content-type': 'text/html', etag: '"1"'});
    const conditions = {'if-none-match': 'W/"1"', 'if-modified-since': 'Sat, 21 Nov 2026 10:00:00 GMT'};
    assertHasScript(await fetchHttp1(gateway, {headers: {...NAVIGATION, ...conditions}}));
    await fetchHttp1(gateway, {headers: {accept: '*/*', ...conditions}});
    assert.deepEqual(
      requests.map(({headers}) => [headers['if-none-match'], headers['if-modified-since']]),
      [[undefined, undefined], Object.values(conditions)],
    );
  });

  it('knows no more than when the page was asked for', async () => {
    const answers: (() => void)[] = [];
    const upstream = await startUpstream((_, response) => {
      response.setHeader('content-type', 'text/html');
      answers.push(() => response.end(PAGE));
    });
    const gateway = await startGateway({upstream, documentScript});
    const asked = go(gateway);
    await vi.waitFor(() => assert.equal(answers.length, 1), {interval: 5});
    gateway.publish('app', {type: 'reload'});
    answers[0]?.();
    const [, version] = /data-version="(\d+)"/.exec((await asked).body) ?? [];
    const news = await fetchHttp1(gateway, {path: `/_tako/reload?at=/&after=${version}`});
    assert.equal(JSON.parse(news.body).reload, true);
  });

  it('is added to a page that comes byte by byte', async () => {
    for (let size = 1; size < 12; size += 5) {
      const upstream = await startUpstream(async (_, response) => {
        response.writeHead(200, {'content-type': 'text/html'});
        for (let at = 0; at < PAGE.length; at += size) {
          response.write(PAGE.slice(at, at + size));
          await new Promise(resolve => setImmediate(resolve));
        }
        response.end();
      });
      assertHasScript(await go(await startGateway({upstream, documentScript})));
    }
  });

  it('is added to a page of an HTTP/1.0 app, which ends with its connection', async () => {
    const upstream = await startRawUpstream(socket =>
      socket.once('data', () => socket.end(`HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n${PAGE}`)),
    );
    assertHasScript(await go(await startGateway({upstream, documentScript})));
  });

  it('is added to the page of an error too, which is to be seen gone', async () => {
    const {gateway} = await serve({'content-type': 'text/html'}, PAGE, 500);
    const answer = await go(gateway);
    assert.equal(answer.status, 500);
    assertHasScript(answer);
  });

  it('lets a page through as it comes', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, {'content-type': 'text/html'});
      response.write('<head></head><p>first');
    });
    const request = openHttpsRequest(
      http1Options(await startGateway({upstream, documentScript}), {headers: NAVIGATION}),
    );
    request.on('error', () => undefined);
    request.end();
    const [response] = await once(request, 'response');
    let body = '';
    response.on('data', (chunk: Buffer) => (body += chunk));
    await vi.waitFor(() => assert.match(body, /<p>first$/));
    request.destroy();
  });

  it('asks for pages as plain text, and for nothing else', async () => {
    const {gateway, requests} = await serve({'content-type': 'text/html'});
    await go(gateway);
    await fetchHttp1(gateway, {headers: {...NAVIGATION, 'sec-fetch-mode': 'cors'}});
    assert.deepEqual(
      requests.map(({headers}) => headers['accept-encoding']),
      ['identity', 'gzip, br'],
    );
  });

  it('makes a strong validator a weak one, and takes away what tells of the bytes', async () => {
    const {gateway} = await serve({
      'content-type': 'text/html',
      etag: '"abc"',
      'content-digest': 'sha-256=:abc=:',
      'accept-ranges': 'bytes',
    });
    const {headers} = await go(gateway);
    assert.equal(headers.etag, 'W/"abc"');
    assert.equal(headers['content-digest'], undefined);
    assert.equal(headers['accept-ranges'], undefined);
  });

  it('carries the nonce of a policy that asks for one', async () => {
    const {gateway} = await serve({
      'content-type': 'text/html',
      'content-security-policy': "script-src 'strict-dynamic' 'nonce-abc='",
    });
    assert.match((await go(gateway)).body, / data-version="\d+" nonce="abc=" async><\/script><\/head>/);
  });

  const gzipped = gzipSync(PAGE);
  it.each<[string, Record<string, string>, (string | Buffer)?, number?]>([
    ['is compressed all the same', {'content-type': 'text/html', 'content-encoding': 'gzip'}, gzipped],
    ['is no HTML', {'content-type': 'application/xhtml+xml'}],
    ['is HTML in UTF-16', {'content-type': 'text/html; charset=utf-16le'}],
    ['is a part', {'content-type': 'text/html', 'content-range': 'bytes 0-74/75'}, PAGE, 206],
    ['is a download', {'content-type': 'text/html', 'content-disposition': 'attachment; filename=a.html'}],
    ['must not be transformed', {'content-type': 'text/html', 'cache-control': 'private, no-transform'}],
    ['forbids scripts of its host', {'content-type': 'text/html', 'content-security-policy': "default-src 'none'"}],
  ])('is not added to what %s', async (_, headers, body = PAGE, status = 200) => {
    const {gateway} = await serve({...headers, etag: '"abc"', 'content-length': String(body.length)}, body, status);
    const answer = await go(gateway);
    assert.equal(answer.status, status);
    assert.equal(answer.headers.etag, '"abc"');
    assert.equal(answer.headers['content-length'], String(body.length));
    assert.equal(answer.body, body.toString());
  });

  it.each([
    ['fetch', {...NAVIGATION, 'sec-fetch-mode': 'cors'}],
    ['tool', {accept: '*/*'}],
  ])('is not added to what a %s gets', async (_, headers) => {
    const {gateway} = await serve({'content-type': 'text/html', 'content-length': String(PAGE.length)});
    assert.equal((await fetchHttp1(gateway, {headers})).body, PAGE);
    assert.equal((await fetchHttp1(gateway, {headers: NAVIGATION, method: 'POST'})).body, PAGE);
    const {headers: head} = await fetchHttp1(gateway, {headers: NAVIGATION, method: 'HEAD'});
    assert.equal(head['content-length'], String(PAGE.length));
  });

  it.each([204, 304])('leaves an answer %i without a body', async status => {
    const {gateway} = await serve({'content-type': 'text/html', etag: '"abc"'}, '', status);
    const socket = await openTls(gateway);
    socket.write('GET / HTTP/1.1\r\nHost: app.test\r\nAccept: text/html\r\nConnection: close\r\n\r\n');
    const bytes = await readAll(socket);
    assert.match(bytes, new RegExp(`^HTTP/1\\.1 ${status} `));
    assert.doesNotMatch(bytes, /transfer-encoding/i);
    assert.match(bytes, /\r\n\r\n$/);
  });

  it('is not added to the pages of an app that has none, nor to those of what tako does not start', async () => {
    const upstream = await startUpstream((_, response) => {
      response.writeHead(200, {'content-type': 'text/html'}).end(PAGE);
    });
    const none = await startGateway({upstream, documentScript: () => undefined});
    assert.equal((await go(none)).body, PAGE);
    const other = await startGateway({documentScript, routes: [{...route('app.test'), upstream}]});
    assert.equal((await go(other)).body, PAGE);
  });
});

describe('what the script asks for', () => {
  const readJson = async (answer: Promise<Answer>) => JSON.parse((await answer).body);

  it('is served on every host of an app, and nowhere else below /_tako/', async () => {
    const upstream = await startUpstream((request, response) => response.end(`app: ${request.url}`));
    const gateway = await startGateway({upstream, documentScript, routes: [route('app.test/shop/*')]});
    const script = await fetchHttp1(gateway, {path: CLIENT_SCRIPT_PATH});
    assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
    assert.equal(script.headers['cache-control'], 'no-store');
    assert.match(script.body, /tako\.client/);
    gateway.setRoutes([route('app.test')]);
    for (const path of ['/_tako/storages/a/b', '/_tako/client.js/', '/_tako/start', '/_tako/', '/_tako/%63lient.js']) {
      assert.equal((await fetchHttp1(gateway, {path})).body, `app: ${path}`);
    }
  });

  it('goes to the app where no page has a script', async () => {
    const upstream = await startUpstream((request, response) => response.end(`app: ${request.url}`));
    const gateway = await startGateway({upstream});
    for (const path of [CLIENT_SCRIPT_PATH, '/_tako/reload', '/_tako/start.js']) {
      assert.equal((await fetchHttp1(gateway, {path})).body, `app: ${path}`);
    }
  });

  it('is answered with news when there are some, as no request of the app', async () => {
    const gateway = await startGateway({documentScript});
    const {version} = await readJson(fetchHttp1(gateway, {path: '/_tako/reload'}));
    const before = gateway.activity('app');
    const pages = [
      readJson(fetchHttp1(gateway, {path: `/_tako/reload?after=${version}`})),
      fetchHttp2(openHttp2(gateway), {':path': `/_tako/reload?after=${version}&at=/x`}).then(({body}) =>
        JSON.parse(body),
      ),
    ];
    await new Promise(resolve => setTimeout(resolve, 100));
    assert.deepEqual(gateway.activity('app'), before);
    gateway.publish('app', {type: 'problem', code: 'X', message: '<b>broken</b>', hint: 'mend it', lines: ['one']});
    for (const news of await Promise.all(pages)) {
      assert.ok(news.version > version);
      assert.equal(news.reload, false);
      assert.deepEqual(news.problem, {code: 'X', message: '<b>broken</b>', hint: 'mend it', lines: ['one']});
    }
    gateway.publish('app', {type: 'reload'});
    const news = await readJson(fetchHttp1(gateway, {path: `/_tako/reload?after=${version}`}));
    assert.deepEqual({...news, version: 0}, {version: 0, reload: true});
  });

  it('begins where its page was made: no reload is lost between the two', async () => {
    const {gateway} = await serve({'content-type': 'text/html'});
    const version = /data-version="(\d+)"/.exec((await go(gateway)).body)?.[1];
    gateway.publish('app', {type: 'reload'});
    assert.equal((await readJson(fetchHttp1(gateway, {path: `/_tako/reload?after=${version}`}))).reload, true);
  });

  it('is that of the app at its path, where a host has several', async () => {
    const gateway = await startGateway({
      documentScript,
      routes: [route('app.test/shop/*', 'shop'), route('app.test', 'web')],
    });
    gateway.publish('shop', {type: 'problem', code: 'X', message: 'broken'});
    assert.equal((await readJson(fetchHttp1(gateway, {path: '/_tako/reload?at=/shop/cart'}))).problem.code, 'X');
    assert.equal((await readJson(fetchHttp1(gateway, {path: '/_tako/reload?at=/'}))).problem, undefined);
  });

  it('is 404 at a path without an app, and 405 for another method', async () => {
    const gateway = await startGateway({documentScript, routes: [route('app.test/shop/*')]});
    assert.equal((await fetchHttp1(gateway, {path: '/_tako/reload?at=/other'})).status, 404);
    const refused = await fetchHttp1(gateway, {path: '/_tako/reload', method: 'POST'});
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.allow, 'GET, HEAD');
  });

  it('ends with a client that leaves', async () => {
    const gateway = await startGateway({documentScript});
    const {version} = await readJson(fetchHttp1(gateway, {path: '/_tako/reload'}));
    const request = openHttpsRequest(http1Options(gateway, {path: `/_tako/reload?after=${version}`}));
    request.on('error', () => undefined);
    request.end();
    await once(request, 'finish');
    await new Promise(resolve => setTimeout(resolve, 100));
    request.destroy();
    await new Promise(resolve => request.once('close', resolve));
    gateway.publish('app', {type: 'reload'});
  });
});
