// What open pages are told: in order, without gap or repeat, no more than they can take, and nothing after they are gone.

import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {eventually} from '../../helpers/eventually.js';
import {fetchHttp1, openTls, readUntil} from '../../proxy/harness.js';
import {type EventStream, eventsOf, exchangeOf, type Page, startPage, statusOf} from './support.js';

/** The texts of lines, in the order they came. */
const linesOf = (markup: string): string[] =>
  [...markup.matchAll(/<span>(line \d+)<\/span><\/p>/g)].map(([, text = '']) => text);
const numbered = (from: number, to: number): string[] =>
  Array.from({length: to - from + 1}, (_, index) => `line ${from + index}`);

function say(page: Page, from: number, to: number): void {
  for (const line of numbered(from, to)) page.apps.logs('web').append('stdout', line);
}

const follow = async (page: Page, target: string): Promise<EventStream> =>
  page.events(eventsOf(await page.get(target)));

describe('an open page of an app', () => {
  it('goes on where the page ended, line by line', async () => {
    const page = await startPage();
    say(page, 1, 3);
    const answer = await page.get('/apps/web');
    assert.deepEqual(linesOf(answer.body), numbered(1, 3));
    say(page, 4, 5);
    const stream = await page.events(eventsOf(answer));
    await eventually(() => assert.deepEqual(linesOf(stream.markup), numbered(4, 5)));
    say(page, 6, 6);
    await eventually(() => assert.deepEqual(linesOf(stream.markup), numbered(4, 6)));
    stream.close();
  });

  it('goes on behind the last event it had, without gap or repeat', async () => {
    const page = await startPage();
    const target = eventsOf(await page.get('/apps/web'));
    let heard: string[] = [];
    let last: string | undefined;
    for (let round = 0; round < 5; round += 1) {
      const stream = await page.events(target, last === undefined ? {} : {'last-event-id': last});
      say(page, round * 20 + 1, round * 20 + 10);
      const wanted = numbered(round * 20 + 1, round * 20 + 10).at(-1) ?? '';
      await eventually(() => assert.ok(stream.markup.includes(`>${wanted}<`)));
      stream.close();
      heard = [...heard, ...linesOf(stream.markup)];
      last = stream.events.findLast(({id}) => id !== '')?.id;
      // While nobody listens.
      say(page, round * 20 + 11, round * 20 + 20);
    }
    const stream = await page.events(target, {'last-event-id': last ?? ''});
    await eventually(() => assert.deepEqual([...heard, ...linesOf(stream.markup)], numbered(1, 100)));
    stream.close();
  });

  it('is told only the lines that its filter wants', async () => {
    const page = await startPage();
    const stream = await follow(page, '/apps/web?log=7');
    say(page, 1, 30);
    await eventually(() => assert.deepEqual(linesOf(stream.markup), ['line 7', 'line 17', 'line 27']));
    stream.close();
  });

  it('is told how many lines it missed when the log went on without it', async () => {
    const page = await startPage();
    say(page, 1, 1);
    const target = eventsOf(await page.get('/apps/web'));
    say(page, 2, 5_001);
    const stream = await page.events(target);
    await eventually(() => assert.equal(linesOf(stream.markup).at(-1), 'line 5001'));
    const [, skipped = ''] = /… ([\d,]+) lines skipped/.exec(stream.markup) ?? [];
    assert.equal(Number(skipped.replace(',', '')) + linesOf(stream.markup).length, 5_000);
    stream.close();
  });

  it('is told of its requests as they begin and end, once each', async () => {
    const page = await startPage();
    const stream = await follow(page, '/apps/web');
    page.inspector.add(exchangeOf(1, {status: null, outcome: null}));
    await eventually(() => assert.match(stream.markup, /id="request-1"[\s\S]*under way/));
    page.inspector.add(exchangeOf(1));
    page.inspector.add(exchangeOf(2, {app: 'other'}));
    await eventually(() => assert.match(stream.markup, /id="request-1"[\s\S]*<span class="s2">200/));
    page.apps.logs('web').append('stdout', 'line 1');
    await eventually(() => assert.deepEqual(linesOf(stream.markup), ['line 1']));
    assert.equal([...stream.markup.matchAll(/<tr id="request-1"/g)].length, 2);
    assert.doesNotMatch(stream.markup, /request-2/);
    stream.close();
  });

  it('is told what becomes of the app', async () => {
    const page = await startPage();
    const stream = await follow(page, '/apps/web');
    page.apps.set(statusOf('web', {state: 'restarting'}));
    await eventually(() => assert.match(stream.markup, /class="state restarting"/));
    stream.close();
  });
});

describe('an open page of all apps', () => {
  it('is told of every app and of every request', async () => {
    const page = await startPage();
    page.apps.set(statusOf('api', {state: 'starting'}));
    const stream = await follow(page, '/');
    page.apps.set(statusOf('api'));
    page.inspector.add(exchangeOf(1, {app: 'api', url: 'https://api.test/x'}));
    await eventually(() => assert.match(stream.markup, /id="app-api-state" class="state ready"[\s\S]*api\.test\/x/));
    stream.close();
  });

  it('is loaded anew when apps come or go', async () => {
    const page = await startPage();
    const stream = await follow(page, '/');
    page.apps.set(statusOf('api'));
    await stream.ended;
    assert.equal(stream.events.at(-1)?.type, 'reload');
  });
});

describe('an open page of a request', () => {
  it('is told how it goes on', async () => {
    const page = await startPage();
    page.inspector.add(exchangeOf(1, {status: null, outcome: null, response: null}));
    const stream = await follow(page, '/requests/1');
    page.inspector.add(exchangeOf(1, {status: 201}));
    await eventually(() => assert.match(stream.markup, /<div id="exchange">[\s\S]*201/));
    stream.close();
  });
});

describe('a stream', () => {
  it('tells a page of another daemon to load again', async () => {
    const page = await startPage();
    const other = await startPage();
    const stream = await other.events(eventsOf(await page.get('/apps/web')));
    await stream.ended;
    assert.deepEqual(
      stream.events.map(({type}) => type),
      ['reload'],
    );
  });

  it('ends when its app is gone', async () => {
    const page = await startPage();
    const stream = await follow(page, '/apps/web');
    await page.apps.remove('web');
    await stream.ended;
    assert.equal(stream.events.at(-1)?.type, 'reload');
    assert.equal((await page.events('/apps/web/events')).status, 404);
  });

  it('is nothing to ask for the head of', async () => {
    const page = await startPage();
    const target = eventsOf(await page.get('/'));
    assert.equal(
      (await fetchHttp1(page.gateway, {method: 'HEAD', path: target, headers: {host: page.host}})).status,
      405,
    );
  });

  it('leaves nothing behind when its page does', async () => {
    const page = await startPage();
    const streams = await Promise.all(['/', '/apps/web'].map(target => follow(page, target)));
    await eventually(() => assert.ok(page.dashboard.isOpen()));
    assert.equal(page.inspector.listeners.size, 2);
    for (const stream of streams) stream.close();
    await eventually(() => assert.equal(page.inspector.listeners.size, 0));
    assert.equal(page.dashboard.isOpen(), false);
  });

  it('says no more than ten times a second, however much there is to say', async () => {
    const page = await startPage();
    say(page, 1, 1);
    const stream = await follow(page, '/apps/web');
    const startedAt = Date.now();
    let count = 1;
    while (Date.now() - startedAt < 500) {
      say(page, count + 1, count + 100);
      count += 100;
      await new Promise(resolve => setImmediate(resolve));
    }
    await eventually(() => assert.ok(stream.markup.includes(`>line ${count}<`)));
    const elapsedMs = Date.now() - startedAt;
    assert.ok(stream.events.length <= elapsedMs / 100 + 1, `${stream.events.length} events in ${elapsedMs} ms`);
    const skipped = [...stream.markup.matchAll(/… ([\d,]+) lines skipped/g)].map(([, text = '']) =>
      Number(text.replaceAll(',', '')),
    );
    assert.equal(linesOf(stream.markup).length + skipped.reduce((sum, number) => sum + number, 0), count - 1);
    stream.close();
  });

  it('keeps nothing for a page that does not read', async () => {
    const page = await startPage();
    const target = eventsOf(await page.get('/apps/web'));
    const socket = await openTls(page.gateway);
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${page.host}\r\n\r\n`);
    await readUntil(socket, 'retry:');
    // Far more than sockets take: what was not taken when the page reads again is counted instead.
    const long = 'x'.repeat(2_000);
    for (let round = 0; round < 20; round += 1) {
      for (let line = 0; line < 2_000; line += 1) page.apps.logs('web').append('stdout', long);
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    page.apps.logs('web').append('stdout', 'the end');
    let bytes = 0;
    const awaited = new Set(['lines skipped', 'the end']);
    let tail = '';
    socket.on('data', chunk => {
      bytes += chunk.length;
      tail = tail.slice(-100) + chunk.toString('latin1');
      for (const text of awaited) if (tail.includes(text)) awaited.delete(text);
    });
    socket.resume();
    await eventually(() => assert.equal(awaited.size, 0));
    assert.ok(bytes < (20 * 2_000 * long.length) / 4, `${bytes} bytes were kept`);
  });
});
