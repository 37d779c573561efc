// The page of a real daemon, with real apps.

import assert from 'node:assert/strict';
import {type Dispatcher, request} from 'undici';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {eventually} from '../../helpers/eventually.js';
import {type Live, type LiveApp, serverFiles, startLive} from '../live.js';
import {registrationOf} from '../support.js';

let live: Live;
let web: LiveApp;

beforeAll(async () => {
  live = await startLive();
  web = await live.add('web', serverFiles('v1'));
});
afterAll(() => live.close());

type Options = {readonly method?: 'POST'; readonly headers?: Record<string, string>; readonly body?: string};

const ask = (target: string, options: Options = {}): Promise<Dispatcher.ResponseData> =>
  request(`${live.daemon.info.dashboardUrl}${target}`, {dispatcher: live.dispatcher, ...options});

const read = async (target: string): Promise<string> => (await ask(target)).body.text();

describe('the page of a daemon', () => {
  it('is where the daemon says, under its own certificate, also at tako.localhost', async () => {
    const {dashboardUrl, https} = live.daemon.info;
    assert.equal(dashboardUrl, `https://tako.test:${https.port}`);
    assert.match(await read('/'), /<a href="\/apps\/web">web<\/a>/);
    const other = await request(`https://tako.localhost:${https.port}/`, {dispatcher: live.dispatcher});
    assert.equal(other.statusCode, 200);
    await other.body.dump();
  });

  it('neither starts an app nor counts as use of one, while it is looked at', async () => {
    const body = await read('/apps/web');
    const [, events = ''] = /data-events="([^"]*)"/.exec(body) ?? [];
    const [, position = ''] = /data-position="([^"]*)"/.exec(body) ?? [];
    const stream = await ask(`${events.replaceAll('&#38;', '&')}&after=${position}`);
    assert.equal(stream.statusCode, 200);
    const {state, clients, traffic} = await web.status();
    assert.deepEqual([state, clients, traffic.requests], ['stopped', 0, 0]);
    stream.body.destroy();
  });

  it('shows a request of the app with what it took to start it, and sends it again', async () => {
    await web.get('/hello?x=1');
    const list = await read('/apps/web');
    const [, id = ''] = /href="\/requests\/(\d+)">\/hello\?x=1</.exec(list) ?? [];
    assert.match(list, /cold start/);
    const answer = await ask(`/requests/${id}`);
    const detail = await answer.body.text();
    assert.match(detail, /Cold start/);
    assert.match(detail, /v1 \d+/);

    const cookie = String(answer.headers['set-cookie']).split(';')[0] ?? '';
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(detail) ?? [];
    const replayed = await ask(`/requests/${id}/replay`, {
      method: 'POST',
      headers: {cookie, origin: live.daemon.info.dashboardUrl, 'content-type': 'application/x-www-form-urlencoded'},
      body: new URLSearchParams({token}).toString(),
    });
    await replayed.body.dump();
    assert.equal(replayed.statusCode, 303);
    const again = await read(String(replayed.headers.location));
    assert.match(again, new RegExp(`href="/requests/${id}">request ${id}<`));
    assert.match(again, /v1 \d+/);
  });

  it('masks what is secret', async () => {
    await web.get('/secret', {authorization: 'Bearer hush-hush', cookie: 'session=hush-hush'});
    const list = await read('/apps/web?url=/secret');
    const [, id = ''] = /href="\/requests\/(\d+)"/.exec(list) ?? [];
    assert.doesNotMatch(await read(`/requests/${id}`), /hush-hush/);
  });

  it('measures the memory of apps while somebody looks, and only then', async () => {
    assert.equal((await web.status()).memoryBytes, null);
    const body = await read('/');
    const [, events = ''] = /data-events="([^"]*)"/.exec(body) ?? [];
    const [, position = ''] = /data-position="([^"]*)"/.exec(body) ?? [];
    const stream = await ask(`${events.replaceAll('&#38;', '&')}&after=${position}`);
    await eventually(async () => assert.ok(((await web.status()).memoryBytes ?? 0) > 1_000_000));
    stream.body.destroy();
  });
});

describe('an app that wants a host of the page', () => {
  it('is refused, with what to do', async () => {
    for (const routes of [['tako.test'], ['other.test', 'tako.localhost'], ['tako.test/api/*']]) {
      const registration = registrationOf('tako', {routes, primaryHost: 'other.test'});
      await assert.rejects(live.control.call('register', {registration}), {code: 'ROUTE_RESERVED'});
    }
    const {apps} = await live.control.call('list', {});
    assert.deepEqual(
      apps.map(({name}) => name),
      ['web'],
    );
  });

  it('may have hosts below it', async () => {
    const registration = registrationOf('below', {routes: ['x.tako.test', '*.tako.test']});
    await live.control.call('register', {registration});
    assert.match(await read('/apps/web'), /<h1>web<\/h1>/);
    await live.control.call('remove', {name: 'below'});
  });
});
