import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {type Answer, type Ask, type AskOptions, closeClients, createAsk} from './tutorial-client.js';
import {endPrograms, startBefore, startUpstream} from './tutorial-program.js';
import {listen} from './tutorial-upstreams.js';

const FOR_A_MINUTE = 'cache-control=max-age=60';

describe('6: caching', () => {
  let ask: Ask;

  // Each test asks for pages of its own.
  beforeAll(async () => {
    ask = createAsk((await startBefore('6-caching', await startUpstream())).origin);
  });

  afterAll(async () => {
    await closeClients();
    await endPrograms();
  });

  it('asks the app once for what may be kept', async () => {
    const [first, second] = [await ask(`/once?${FOR_A_MINUTE}`), await ask(`/once?${FOR_A_MINUTE}`)];
    assert.deepEqual([xCache(first), xCache(second)], ['miss', 'hit']);
    assert.equal(second.body, first.body);
    assert.match(String(second.fields.age), /^\d+$/);
    assert.notEqual((await ask(`/other?${FOR_A_MINUTE}`)).body, first.body);
  });

  it('keeps a body of unknown length as a whole', async () => {
    const [first, second] = [await ask(`/stream?${FOR_A_MINUTE}`), await ask(`/stream?${FOR_A_MINUTE}`)];
    assert.deepEqual([xCache(second), second.body], ['hit', first.body]);
    assert.equal(first.fields['content-length'], undefined);
    assert.equal(second.fields['content-length'], String(first.body.length));
  });

  it.each([
    ['nothing said about it', 'a=1'],
    ['no-store', 'cache-control=no-store,max-age=60'],
    ['private', 'cache-control=private,max-age=60'],
    ['a cookie', `${FOR_A_MINUTE}&set-cookie=a=1`],
    ['Vary: *', `${FOR_A_MINUTE}&vary=*`],
    ['an age already over', `${FOR_A_MINUTE}&age=60`],
    ['a status that is no success', `${FOR_A_MINUTE}&status=404`],
  ])('keeps no answer with %s', async (_what, query) => {
    const [first, second] = [await ask(`/not-kept?${query}`), await ask(`/not-kept?${query}`)];
    assert.equal(first.status, second.status);
    assert.equal(xCache(second), 'miss');
    assert.notEqual(second.body, first.body);
  });

  it.each<readonly [string, AskOptions]>([
    ['Authorization', {headers: {authorization: 'Bearer a'}}],
    ['Range', {headers: {range: 'bytes=0-3'}}],
    ['Cache-Control: no-cache', {headers: {'cache-control': 'no-cache'}}],
    ['another method', {method: 'HEAD'}],
  ])('leaves requests with %s alone', async (what, options) => {
    const path = `/${encodeURIComponent(what)}?${FOR_A_MINUTE}`;
    assert.equal(xCache(await ask(path, options)), 'miss');
    assert.equal(xCache(await ask(path)), 'miss');
    assert.equal(xCache(await ask(path, options)), 'miss');
    assert.equal(xCache(await ask(path)), 'hit');
  });

  it('keeps an answer for each thing that Vary tells apart', async () => {
    const askIn = (language: string): Promise<Answer> =>
      ask(`/vary?${FOR_A_MINUTE}&vary=accept-language`, {headers: {'accept-language': language}});
    const [german, french, again] = [await askIn('de'), await askIn('fr'), await askIn('de')];
    assert.deepEqual([xCache(german), xCache(french), xCache(again)], ['miss', 'miss', 'hit']);
    assert.equal(again.body, german.body);
  });

  it('forgets what a POST has changed', async () => {
    const path = `/changed?${FOR_A_MINUTE}`;
    await ask(path);
    await ask(path, {method: 'POST', body: 'a=1'});
    assert.equal(xCache(await ask(path)), 'miss');
  });

  it('throws out the oldest when its room is full', async () => {
    const small = await startBefore('6-caching', await startUpstream(), {CACHE_BYTES: '1000'});
    const askSmall = createAsk(small.origin);
    for (let page = 0; page < 10; page++) await askSmall(`/${page}?${FOR_A_MINUTE}`);
    assert.equal(xCache(await askSmall(`/9?${FOR_A_MINUTE}`)), 'hit');
    assert.equal(xCache(await askSmall(`/0?${FOR_A_MINUTE}`)), 'miss');
  });

  it('does not keep an answer that broke off', async () => {
    let times = 0;
    const port = await listen((_request, response) => {
      times += 1;
      response.writeHead(200, {'cache-control': 'max-age=60', 'content-length': '20'});
      if (times > 1) response.end('all of it, this time');
      else response.write('half of ', () => response.destroy());
    });
    const askBroken = createAsk((await startBefore('6-caching', {port})).origin);
    await assert.rejects(askBroken('/'));
    const answer = await askBroken('/');
    assert.deepEqual([xCache(answer), answer.body], ['miss', 'all of it, this time']);
  });
});

const xCache = ({fields}: Answer): unknown => fields['x-cache'];
