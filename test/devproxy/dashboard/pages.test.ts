// What the pages show, and that nothing of what they show can become more than text.

import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {readReplayEdit} from '../../../src/devproxy/dashboard/replay-form.js';
import {exchangeOf, startPage, statusOf} from './support.js';

const EVIL = `"><img src=x onerror=alert(1)><script>alert('x')</script></textarea>`;

describe('the page of all apps', () => {
  it('has state, address, figures and what is wrong of each', async () => {
    const {apps, get} = await startPage();
    apps.set(
      statusOf('api', {
        state: 'exited',
        exit: {code: 1, signal: null},
        problem: {
          code: 'APP_EXITED',
          message: 'node exited with code 1',
          hint: 'run npm install',
          details: ['at x.js'],
        },
      }),
    );
    const {body} = await get('/');
    assert.match(body, /<a href="\/apps\/api">api<\/a>/);
    assert.match(body, /<span id="app-api-state" class="state crashed">crashed<\/span>/);
    assert.match(body, /href="https:\/\/web\.test"/);
    assert.match(body, /<dt>Memory<\/dt>\s*<dd>63\.0 MB<\/dd>/);
    for (const text of ['node exited with code 1', 'APP_EXITED', 'run npm install', 'at x.js'])
      assert.ok(body.includes(text));
  });

  it('says how the first app comes here', async () => {
    const {get, post} = await startPage();
    assert.equal((await post('/apps/web/stop')).status, 303);
    assert.match((await get('/')).body, /tako dev/);
  });

  it('lists the requests of all apps with their hosts, the newest first', async () => {
    const {get, inspector} = await startPage();
    inspector.add(exchangeOf(1));
    inspector.add(exchangeOf(2, {app: 'api', url: 'https://api.test/two', status: null, outcome: null}));
    const {body} = await get('/');
    assert.ok(body.indexOf('api.test/two') < body.indexOf('web.test/items/1'));
    assert.match(body, /under way/);
  });
});

describe('the page of an app', () => {
  it('has its log with colours, and its requests without the host', async () => {
    const {apps, get, inspector} = await startPage();
    apps.logs('web').append('stdout', '\x1b[32mready\x1b[39m on 4000');
    apps.logs('web').append('tako', 'started pid 4711');
    inspector.add(exchangeOf(1));
    inspector.add(exchangeOf(2, {app: 'api', url: 'https://api.test/other'}));
    const {body} = await get('/apps/web');
    assert.match(body, /<span class="green">ready<\/span> on 4000/);
    assert.match(body, /class="line tako"/);
    assert.match(body, /href="\/requests\/1">\/items\/1</);
    assert.doesNotMatch(body, /api\.test/);
  });

  it('shows of log and requests what its address says, without a script', async () => {
    const {apps, get, inspector} = await startPage();
    const logs = apps.logs('web');
    for (const text of ['first error', 'all is well', 'second ERROR']) logs.append('stdout', text);
    inspector.add(exchangeOf(1, {status: 500}));
    inspector.add(exchangeOf(2, {method: 'POST'}));
    const {body} = await get('/apps/web?log=error&since=1&status=5xx');
    assert.match(body, /second ERROR/);
    assert.doesNotMatch(body, /first error|all is well/);
    assert.match(body, /id="request-1"/);
    assert.doesNotMatch(body, /id="request-2"/);
    const posts = (await get('/apps/web?method=post')).body;
    assert.match(posts, /id="request-2"/);
    assert.doesNotMatch(posts, /id="request-1"/);
  });

  it('shows how serious lines say they are, and only those that are as serious as wanted', async () => {
    const {apps, get} = await startPage();
    const logs = apps.logs('web');
    logs.append('stdout', 'cache is cold', {level: 'warning'});
    logs.append('stderr', 'no such item', {level: 'error'});
    logs.append('stdout', 'says nothing of it');
    const {body} = await get('/apps/web?level=warning');
    assert.match(body, /class="line stdout warning"[\s\S]*class="line stderr error"/);
    assert.doesNotMatch(body, /says nothing of it/);
    assert.match(body, /<option value="warning" selected>/);
    assert.doesNotMatch((await get('/apps/web?level=error')).body, /cache is cold/);
  });

  it('is not there for an app that is not', async () => {
    const {get} = await startPage();
    for (const target of [
      '/apps/nobody',
      '/apps/',
      '/apps/%zz',
      '/apps/web/x',
      '/requests/9',
      '/requests/x',
      '//apps/web',
      '/_tako/start',
    ]) {
      assert.equal((await get(target)).status, 404, target);
    }
  });
});

describe('the page of a request', () => {
  it('has its timing in parts, its headers and its bodies', async () => {
    const {get, inspector} = await startPage();
    inspector.add(
      exchangeOf(7, {
        method: 'POST',
        timing: {queueMs: 10, coldStartMs: 1_250, firstByteMs: 40, totalMs: 1_400},
        request: {
          fields: [['authorization', '•••']],
          body: {encoding: 'utf8', data: 'name=ada', bytes: 9_000, isTruncated: true},
        },
        frames: {fromClient: 3, toClient: 1_500},
        error: 'the app broke off',
        replayOf: 4,
      }),
    );
    const {body} = await get('/requests/7');
    for (const part of ['Waiting', 'Cold start', 'First byte', 'Rest', '1.25 s', '100 ms', '1.40 s'])
      assert.ok(body.includes(part), part);
    assert.equal([...body.matchAll(/<rect /g)].length, 4);
    for (const text of [
      'authorization',
      '•••',
      'name=ada',
      'The beginning of 9.0 kB',
      '&#34;id&#34;: 1',
      'the app broke off',
    ]) {
      assert.ok(body.includes(text), text);
    }
    assert.match(body, /3 from the client, 1,500 to it/);
    assert.match(body, /href="\/requests\/4"/);
  });

  it('has no divided time where there is none yet', async () => {
    const {get, inspector} = await startPage();
    const timing = {queueMs: null, coldStartMs: null, firstByteMs: null, totalMs: null};
    inspector.add(exchangeOf(7, {timing, status: null, outcome: null, response: null}));
    const {status, body} = await get('/requests/7');
    assert.equal(status, 200);
    assert.doesNotMatch(body, /NaN|Infinity|undefined/);
  });

  it('sends it again and leads to the new one', async () => {
    const {post, inspector} = await startPage();
    inspector.add(exchangeOf(7));
    const answer = await post('/requests/7/replay');
    assert.equal(answer.status, 303);
    assert.equal(answer.headers.location, '/requests/8');
    assert.deepEqual(inspector.replays, [{id: 7, edit: {}}]);
  });

  it('sends it again as it was changed', async () => {
    const {post, inspector} = await startPage();
    inspector.add(exchangeOf(7));
    await post('/requests/7/replay', {method: 'PUT', target: '/items/8?x=1', body: 'a\r\nb'});
    assert.deepEqual(inspector.replays[0]?.edit, {
      method: 'PUT',
      target: '/items/8?x=1',
      body: {encoding: 'utf8', data: 'a\nb'},
    });
  });

  it('takes what a form says of an unchanged request for no change', () => {
    const body = {encoding: 'utf8', data: 'a\nb\r\n', bytes: 5, isTruncated: false} as const;
    const exchange = exchangeOf(7, {request: {fields: [], body}});
    const form = new URLSearchParams({method: 'GET', target: '/items/7', body: 'a\r\nb\r\n'});
    assert.deepEqual(readReplayEdit(form, exchange), {});
    const cut = exchangeOf(7, {request: {fields: [], body: {...body, isTruncated: true}}});
    assert.deepEqual(readReplayEdit(new URLSearchParams({body: 'forged'}), cut), {});
  });

  it('says what is wrong when it cannot be sent again', async () => {
    const {post, inspector} = await startPage();
    inspector.add(exchangeOf(7));
    const found = inspector.find;
    let asked = 0;
    // It falls out of the ring while it is asked for.
    Object.assign(inspector, {find: (id: number) => (asked++ === 0 ? exchangeOf(id) : found(-1))});
    const answer = await post('/requests/99/replay', {}, {accept: 'text/html'});
    assert.equal(answer.status, 409);
    assert.match(answer.body, /<h1>there is no request 99<\/h1>/);
  });
});

describe('what comes from outside', () => {
  it('is text wherever it is shown', async () => {
    const {apps, get, inspector} = await startPage();
    const name = `web${EVIL}`;
    apps.set(
      statusOf(name, {
        url: `https://x.test/${EVIL}`,
        urls: [EVIL, `javascript:${EVIL}`],
        directory: EVIL,
        command: [EVIL],
        problem: {code: EVIL, message: EVIL, hint: EVIL, details: [EVIL]},
      }),
    );
    apps.logs(name).append('stdout', EVIL);
    inspector.add(
      exchangeOf(1, {
        app: name,
        method: EVIL,
        url: `https://web.test/${EVIL}`,
        upgrade: EVIL,
        contentType: EVIL,
        httpVersion: EVIL,
        clientAddress: EVIL,
        error: EVIL,
        request: {fields: [[EVIL, EVIL]], body: {encoding: 'utf8', data: EVIL, bytes: 9, isTruncated: false}},
        response: {
          reason: EVIL,
          fields: [[EVIL, EVIL]],
          body: {encoding: 'utf8', data: EVIL, bytes: 9, isTruncated: false},
        },
      }),
    );
    const query = new URLSearchParams({log: EVIL, status: EVIL, method: EVIL, url: EVIL});
    const targets = [
      '/',
      `/?${query}`,
      `/apps/${encodeURIComponent(name)}`,
      `/apps/${encodeURIComponent(name)}?${query}`,
      '/requests/1',
    ];
    for (const target of targets) {
      const {status, body} = await get(target);
      assert.equal(status, 200, target);
      assert.doesNotMatch(body, /<img|<script>|alert\('x'\)/, target);
      assert.doesNotMatch(body, /href="javascript:/, target);
    }
  });

  it('is text on a page that says what is wrong', async () => {
    const {get} = await startPage();
    const {body} = await get(`/apps/${encodeURIComponent(EVIL)}`, {accept: 'text/html'});
    assert.doesNotMatch(body, /<img|alert/);
  });
});
