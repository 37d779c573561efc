import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {reservePort} from '../../src/supervisor/reserved-port.js';
import {eventually} from '../helpers/eventually.js';
import {type Live, type LiveApp, serverFiles, serverOf, startLive} from './live.js';

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

const isReady = ({state}: AppStatus): boolean => state === 'ready';

/** What open pages of the app are told. */
const news = async (
  app: LiveApp,
): Promise<{reload: boolean; problem?: {code: string; message: string; lines: string[]}}> =>
  JSON.parse((await app.get('/_tako/reload?at=/&after=0')).body);

async function started(name: string, toml = '', before = ''): Promise<{app: LiveApp; pid: number}> {
  const app = await live.add(name, serverFiles('v1', toml, before));
  await app.get();
  return {app, pid: Number((await app.status()).pid)};
}

describe('an edit', () => {
  it('restarts the app, and a request that is under way finishes on the old process', async () => {
    const {app, pid} = await started('edited');
    const slow = app.get(`/until?${app.directory}/flags/over`);
    await app.write('server.mjs', serverOf('v2'));
    await app.until(status => isReady(status) && status.pid !== pid);
    assert.match((await app.get()).body, /^v2 /);
    await app.write('flags/over', '');
    assert.equal((await slow).body, `v1 ${pid}`);
    await app.untilLogged(/^tako: restarting, because server\.mjs changed$/);
    assert.equal((await news(app)).reload, true);
  });

  it('that does not start leaves the old version serving, and says so until it is mended', async () => {
    const {app, pid} = await started('broken');
    await app.write('server.mjs', `throw new Error('half of an edit');`);
    const {problem} = await app.until(({problem}) => problem);
    assert.match(problem?.message ?? '', /half of an edit/);
    assert.equal((await app.get()).body, `v1 ${pid}`);
    assert.deepEqual([(await app.status()).state, (await app.status()).pid], ['ready', pid]);
    const told = await news(app);
    assert.match(told.problem?.message ?? '', /half of an edit/);
    assert.ok(told.problem?.lines.some(line => line.includes('half of an edit')));
    await app.write('server.mjs', serverOf('v3'));
    await app.until(status => isReady(status) && status.pid !== pid);
    assert.equal((await app.status()).problem, null);
    assert.deepEqual([(await news(app)).problem, (await news(app)).reload], [undefined, true]);
    assert.match((await app.get()).body, /^v3 /);
  });

  it('that does not start is told though requests joined its start', async () => {
    const {app} = await started('joined');
    await app.write(
      'server.mjs',
      `while (true) if ((await import('node:fs')).existsSync('flags/go')) throw new Error('late');`,
    );
    await app.until(({state}) => state === 'restarting');
    const joined = Array.from({length: 10}, () => app.get());
    await app.write('flags/go', '');
    const bodies = (await Promise.all(joined)).map(({body}) => body.slice(0, 3));
    assert.deepEqual([...new Set(bodies)], ['v1 ']);
    assert.match((await app.until(({problem}) => problem)).problem?.message ?? '', /Error: late/);
  });
});

describe('an app of which there can be one', () => {
  it.each(['restart = "stop-first"\n', 'port'])('has requests wait in the gap: %s', async setting => {
    const port = await reservePort();
    const name = setting === 'port' ? 'pinned' : 'alone';
    const toml = setting === 'port' ? `port = ${port}\n` : setting;
    const {app, pid} = await started(name, toml);
    if (setting === 'port') assert.equal((await app.status()).port, port);
    const next = serverOf('v2', `while (!existsSync('flags/go')) await delay(10);`);
    await app.write('server.mjs', next);
    await app.until(status => status.state === 'starting' && status.pid !== pid);
    const answers = Array.from({length: 20}, () => app.get());
    await app.write('flags/go', '');
    const bodies = (await Promise.all(answers)).map(({status, body}) => `${status} ${body}`);
    assert.deepEqual([...new Set(bodies)], [`200 v2 ${(await app.status()).pid}`]);
    await app.untilLogged(/stops first, as /);
  });
});

describe('a change beside the source', () => {
  it('restarts nothing: what .gitignore ignores, what tako.toml ignores', async () => {
    const app = await live.add('quiet', {...serverFiles('v1'), '.gitignore': 'out/\n'});
    await app.get();
    const {pid} = await app.status();
    await app.write('out/bundle.mjs', '');
    await app.write('flags/any', '');
    await app.write('server.mjs', serverOf('v2'));
    await app.until(status => isReady(status) && status.pid !== pid);
    const because = (await app.log()).filter(line => line.startsWith('tako: restarting'));
    assert.ok(
      because.every(line => !/flags|out/.test(line)),
      because.join('\n'),
    );
    await eventually(async () => assert.match((await app.get()).body, /^v2 /));
  });
});
