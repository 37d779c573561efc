import assert from 'node:assert/strict';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {errorCode} from '../../src/system/error.js';
import {type Live, type LiveApp, serverFiles, startLive} from './live.js';

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

const dependsOn = (...names: readonly string[]): string => `depends_on = ${JSON.stringify(names)}\n`;

const environmentOf = async (app: LiveApp): Promise<Record<string, string>> => JSON.parse((await app.get('/env')).body);

const startCode = (name: string): Promise<unknown> =>
  live.control.call('start', {name}).then(() => 'started', errorCode);

describe('an app that depends on others', () => {
  it('starts when they are ready, and they when theirs are', async () => {
    const waits = `while (!existsSync('flags/go')) await delay(10);`;
    const base = await live.add('base', serverFiles('v1', '', waits));
    const middle = await live.add('middle', serverFiles('v1', dependsOn('base')));
    const top = await live.add('top', serverFiles('v1', dependsOn('middle')));
    const answer = top.get();
    await base.until(({state}) => state === 'starting');
    assert.deepEqual([(await middle.status()).state, (await top.status()).state], ['stopped', 'stopped']);
    await base.write('flags/go', '');
    assert.match((await answer).body, /^v1 /);
    const [first, second, third] = await Promise.all([base, middle, top].map(app => app.status()));
    assert.ok(Number(first?.startedAt) <= Number(second?.startedAt));
    assert.ok(Number(second?.startedAt) <= Number(third?.startedAt));
  });

  it('says which of them did not start, and why', async () => {
    await live.add('faulty', {
      'tako.toml': 'dev = ["node", "server.mjs"]\n',
      'server.mjs': `throw new Error('no disk');`,
    });
    const app = await live.add('needy', serverFiles('v1', dependsOn('faulty')));
    const {status, body} = await app.get('/', {accept: 'application/json'});
    assert.equal(status, 502);
    assert.match(body, /needy needs faulty, which did not start: .*no disk/);
    const {problem, state} = await app.status();
    assert.deepEqual([problem?.code, state], ['DEPENDENCY_FAILED', 'stopped']);
  });

  it('says that one of them is not registered, and starts when it is', async () => {
    const app = await live.add('lonely', serverFiles('v1', dependsOn('friend')));
    assert.equal(await startCode('lonely'), 'DEPENDENCY_MISSING');
    assert.equal((await app.status()).problem?.code, 'DEPENDENCY_MISSING');
    await live.add('friend', serverFiles('v1'));
    assert.equal(await startCode('lonely'), 'started');
    assert.equal((await app.status()).problem, null);
  });

  it('says that they depend on it in turn', async () => {
    await live.add('egg', serverFiles('v1', dependsOn('hen')));
    const hen = await live.add('hen', serverFiles('v1', dependsOn('egg')));
    assert.equal(await startCode('hen'), 'DEPENDENCY_CYCLE');
    assert.match((await hen.status()).problem?.message ?? '', /hen -> egg -> hen/);
  });

  it('is not started any more when it was removed while they start', async () => {
    const waits = `while (!existsSync('flags/go')) await delay(10);`;
    const slow = await live.add('slow', serverFiles('v1', '', waits));
    await live.add('gone', serverFiles('v1', dependsOn('slow')));
    const start = startCode('gone');
    await slow.until(({state}) => state === 'starting');
    await live.control.call('remove', {name: 'gone'});
    await slow.write('flags/go', '');
    assert.equal(await start, 'START_CANCELLED');
    assert.ok(!(await live.control.call('list', {})).apps.some(({name}) => name === 'gone'));
  });
});

describe('the environment of an app', () => {
  it('has the addresses of the apps of its workspace, and of no others', async () => {
    const root = live.folder();
    await writeFile(path.join(root, 'package.json'), JSON.stringify({name: 'root', workspaces: ['apps/*']}));
    const shop = await live.add('shop', serverFiles('v1'), {directory: path.join(root, 'apps/shop')});
    const admin = await live.add('shop-admin', serverFiles('v1'), {directory: path.join(root, 'apps/admin')});
    const environment = await environmentOf(shop);
    const urls = Object.entries(environment).filter(([key]) => key.startsWith('TAKO_URL_'));
    assert.deepEqual(Object.fromEntries(urls), {
      TAKO_URL_SHOP: (await shop.status()).url,
      TAKO_URL_SHOP_ADMIN: (await admin.status()).url,
    });
  });

  it('is that of the terminal that registered it, not that of the daemon', async () => {
    const PATH = process.env.PATH ?? '';
    const app = await live.add('tinted', serverFiles('v1'), {terminal: {PATH, FROM: 'the first terminal'}});
    assert.equal((await environmentOf(app)).FROM, 'the first terminal');
    assert.equal((await environmentOf(app)).VITEST, undefined);
    const {pid} = await app.status();
    await app.register({PATH, FROM: 'the second'});
    assert.equal((await app.status()).pid, pid);
    await live.control.call('restart', {name: 'tinted'});
    assert.equal((await environmentOf(app)).FROM, 'the second');
  });
});
