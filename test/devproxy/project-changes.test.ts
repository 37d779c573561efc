import assert from 'node:assert/strict';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {type Live, type LiveApp, SERVER_TOML, serverFiles, serverOf, startLive} from './live.js';

let live: Live;

beforeAll(async () => {
  live = await startLive();
});

afterAll(() => live.close());

async function started(name: string, toml = ''): Promise<{app: LiveApp; pid: number}> {
  const app = await live.add(name, serverFiles('v1', toml));
  await app.get();
  return {app, pid: Number((await app.status()).pid)};
}

const environmentOf = async (app: LiveApp): Promise<Record<string, string>> => JSON.parse((await app.get('/env')).body);

describe('a change of tako.toml', () => {
  it('of the routes applies without a restart, and keeps what is open', async () => {
    const {app, pid} = await started('routed');
    const slow = app.get(`/until?${app.directory}/flags/over`);
    await app.write('tako.toml', `${SERVER_TOML}[envs.development]\nroutes = ["routed.test", "shop.test"]\n`);
    const {urls} = await app.until(({urls}) => urls.some(url => url.startsWith('https://shop.test')));
    assert.ok(urls.some(url => url.startsWith('https://routed.test')));
    assert.equal((await app.status()).pid, pid);
    await app.write('flags/over', '');
    assert.equal((await slow).body, `v1 ${pid}`);
    await app.write('server.mjs', serverOf('v2'));
    await app.until(status => status.state === 'ready' && status.pid !== pid);
    const restarts = (await app.log()).filter(line => line.startsWith('tako: restarting'));
    assert.deepEqual(restarts, ['tako: restarting, because server.mjs changed']);
    await app.untilLogged(/^tako: routes: routed\.test.* shop\.test/);
  });

  it('of the variables applies with a restart', async () => {
    const {app, pid} = await started('variables', '[vars]\nCOLOUR = "red"\n');
    assert.equal((await environmentOf(app)).COLOUR, 'red');
    await app.write('tako.toml', `${SERVER_TOML}[vars]\nCOLOUR = "blue"\n`);
    await app.until(status => status.state === 'ready' && status.pid !== pid);
    assert.equal((await environmentOf(app)).COLOUR, 'blue');
    await app.untilLogged(/^tako: restarting, because its settings changed$/);
  });

  it('to what cannot be used keeps the last good state, and shows every problem with its line', async () => {
    const {app, pid} = await started('invalid');
    await app.write('tako.toml', `${SERVER_TOML}rutime = "node"\n\n[envs.development]\nrouts = ["a.test"]\n`);
    const {problem} = await app.until(({problem}) => problem);
    assert.equal(problem?.code, 'CONFIG_INVALID');
    assert.match(
      problem?.details.join('\n') ?? '',
      /tako\.toml:4:1 rutime: .*\n.*tako\.toml:7:1 envs\.development\.routs: /,
    );
    await app.untilLogged(/^tako: {3}tako\.toml:4:1 rutime: /);
    await app.untilLogged(/^tako: {3}tako\.toml:7:1 envs\.development\.routs: /);
    assert.equal((await app.get()).body, `v1 ${pid}`);
    await app.write('tako.toml', SERVER_TOML);
    await app.until(({problem}) => problem === null);
    await app.untilLogged(/^tako: its project can be used again$/);
    assert.equal((await app.get()).body, `v1 ${pid}`);
  });

  it('to routes of another app keeps the last good state', async () => {
    await started('holder');
    const {app, pid} = await started('taker');
    await app.write('tako.toml', `${SERVER_TOML}[envs.development]\nroutes = ["taker.test", "holder.test"]\n`);
    assert.equal((await app.until(({problem}) => problem)).problem?.code, 'ROUTE_CONFLICT');
    assert.equal((await app.get()).body, `v1 ${pid}`);
  });

  it('that removes it keeps the last good state until it is back', async () => {
    const {app, pid} = await started('removed', '[vars]\nCOLOUR = "red"\n');
    app.remove('tako.toml');
    assert.equal((await app.until(({problem}) => problem)).problem?.code, 'CONFIG_NOT_FOUND');
    assert.equal((await app.get()).body, `v1 ${pid}`);
    await app.write('tako.toml', `${SERVER_TOML}[vars]\nCOLOUR = "blue"\n`);
    await app.until(({problem}) => problem === null);
    await eventually(async () => assert.equal((await environmentOf(app)).COLOUR, 'blue'));
  });

  it('of an app that sleeps is there when it wakes', async () => {
    const app = await live.add('asleep', serverFiles('v1', '[vars]\nCOLOUR = "red"\n'));
    await app.write(
      'tako.toml',
      `${SERVER_TOML}[vars]\nCOLOUR = "blue"\n[envs.development]\nroutes = ["asleep.test", "bed.test"]\n`,
    );
    await app.until(({urls}) => urls.some(url => url.startsWith('https://bed.test')));
    assert.equal((await app.status()).state, 'stopped');
    assert.equal((await environmentOf(app)).COLOUR, 'blue');
  });

  it('loses neither the log nor those who follow it', async () => {
    const {app, pid} = await started('followed');
    const terminal = await live.connect();
    void terminal.call('attach', {name: app.name, after: 0}).catch(() => undefined);
    await app.until(({clients}) => clients === 1);
    const before = await app.log();
    await app.write('tako.toml', `${SERVER_TOML}[vars]\nCOLOUR = "blue"\n`);
    const {clients} = await app.until(status => status.state === 'ready' && status.pid !== pid);
    assert.equal(clients, 1);
    assert.deepEqual((await app.log()).slice(0, before.length), before);
    terminal.close();
  });
});

describe('a change of package.json', () => {
  const filesOf = (scripts: Record<string, string>): Record<string, string> => ({
    'package.json': JSON.stringify({name: 'scripted', scripts}),
    'server.mjs': serverOf('v1'),
    'other.mjs': serverOf('v2'),
  });

  it('of its script is there when the app wakes, and restarts it while it runs', async () => {
    const app = await live.add('scripted', filesOf({start: 'node server.mjs'}));
    await app.write('package.json', JSON.stringify({name: 'scripted', scripts: {dev: 'node server.mjs'}}));
    await app.until(({command}) => command.join(' ') === 'npm run dev');
    assert.match((await app.get()).body, /^v1 /);
    await app.write(
      'package.json',
      JSON.stringify({name: 'scripted', scripts: {serve: 'true', start: 'node other.mjs'}}),
    );
    await eventually(async () => assert.match((await app.get()).body, /^v2 /));
    assert.deepEqual((await app.status()).command, ['npm', 'run', 'start']);
  });
});
