import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {environmentOf, shareClient, shareTako} from '../helpers/shared-tako.js';
import {createTako, type DevProcess} from '../helpers/tako.js';
import {cli, errorOf, start, TALKER} from './support.js';
import {appFiles, projectOf, WORKSPACE_ROOT, workspaceOfTwo} from './workspace-support.js';

// `tako dev` for several apps at once.

const tako = shareTako();
const client = shareClient(tako);

const readyIn = (dev: DevProcess, name: string, other = 0): Promise<AppStatus> =>
  dev.until(
    event =>
      event.type === 'status' &&
      event.status.name === name &&
      event.status.state === 'ready' &&
      event.status.pid !== other &&
      event.status,
  );

async function namesIn(directory: string): Promise<string[]> {
  const {apps} = await tako.status();
  return apps.filter(app => app.directory.startsWith(directory)).map(({name}) => name);
}

describe('tako dev at the root of a workspace', () => {
  it('starts every app, each under its own name, and one reaches the other by its URL', async () => {
    const {directory} = workspaceOfTwo();
    const dev = tako.dev(directory);
    const [web, api] = await Promise.all([readyIn(dev, 'web'), readyIn(dev, 'api')]);
    assert.deepEqual(
      [web.directory, api.directory],
      [path.join(directory, 'apps/web'), path.join(directory, 'apps/api')],
    );
    assert.ok(Number(api.startedAt) <= Number(web.startedAt), 'web waits for api');
    assert.deepEqual(await client.get('web.test', '/api'), {
      status: 200,
      body: `web asked: api in ${path.join(directory, 'apps/api')}`,
    });
    await dev.end('SIGTERM');
    assert.equal(dev.child.exitCode, 0);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('tells in plain lines whose each of them is, and stops them all on Ctrl-C', async () => {
    const {directory} = workspaceOfTwo();
    const dev = start(cli('dev', '--plain'), {cwd: directory, env: environmentOf(tako)});
    await Promise.all([dev.until('web is ready'), dev.until('api is ready')]);
    dev.child.kill('SIGINT');
    const {code, stdout, stderr} = await dev.ended;
    assert.equal(code, 0);
    for (const name of ['api', 'web']) {
      assert.match(stdout, new RegExp(`^https://${name}\\.test:\\d+$`, 'm'));
      assert.match(stdout, new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${name} \\| listens as ${name}$`, 'm'));
      assert.match(stdout, new RegExp(`^\\d\\d:\\d\\d:\\d\\d ${name} tako \\| `, 'm'));
    }
    assert.match(stderr, /^api and web stopped$/m);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('leaves all running when its terminal goes away, and attaches to them again', async () => {
    const {directory} = workspaceOfTwo();
    const first = tako.dev(directory);
    const {pid} = await readyIn(first, 'web');
    await first.end('SIGHUP');
    assert.deepEqual(await namesIn(directory), ['api', 'web']);
    const second = tako.dev(directory);
    assert.equal((await readyIn(second, 'web')).pid, pid);
    await second.end('SIGTERM');
  });

  it('goes on with the others when one is stopped by another command, and ends with the last', async () => {
    const {directory} = workspaceOfTwo();
    const dev = tako.dev(directory);
    await Promise.all([readyIn(dev, 'web'), readyIn(dev, 'api')]);
    await tako.run(['stop', 'web']);
    await dev.until(event => event.type === 'notice' && event.text === 'web was stopped by another command');
    assert.deepEqual(await namesIn(directory), ['api']);
    await tako.run(['stop', 'api']);
    await dev.until(event => event.type === 'ended' && event.reason === 'api was stopped by another command');
    if (dev.child.exitCode === null) await new Promise(resolve => dev.child.once('exit', resolve));
    assert.equal(dev.child.exitCode, 0);
  });

  it('starts all of them again when the daemon was killed', async () => {
    const {directory} = workspaceOfTwo();
    const own = createTako();
    try {
      const dev = own.dev(directory);
      const before = await Promise.all([readyIn(dev, 'web'), readyIn(dev, 'api')]);
      process.kill((await own.status()).daemon?.pid ?? 0, 'SIGKILL');
      const after = await Promise.all([
        readyIn(dev, 'web', before[0].pid ?? 0),
        readyIn(dev, 'api', before[1].pid ?? 0),
      ]);
      assert.deepEqual(
        after.map(({url}) => url),
        before.map(({url}) => url),
      );
      const notices = dev.events.filter(event => event.type === 'notice' && event.text.includes('the daemon is gone'));
      assert.equal(notices.length, 1);
      await dev.end('SIGTERM');
      assert.deepEqual((await own.status()).apps, []);
    } finally {
      await own.close();
    }
  });

  it('gives two apps of one name a name each', async () => {
    const {directory} = projectOf({
      'package.json': JSON.stringify({name: 'acme', workspaces: ['apps/*', 'sites/*']}),
      // npm itself refuses two packages of one name.
      ...appFiles('main-shop', 'apps/shop', 'name = "shop"\n'),
      ...appFiles('demo-shop', 'sites/demo', 'name = "shop"\n'),
    });
    const dev = tako.dev(directory);
    const [first, second] = await Promise.all([readyIn(dev, 'shop'), readyIn(dev, 'shop-demo')]);
    assert.deepEqual(
      [first.directory, second.directory],
      [path.join(directory, 'apps/shop'), path.join(directory, 'sites/demo')],
    );
    await dev.end('SIGTERM');
  });

  it('leaves out one that cannot be read, and says why', async () => {
    const {directory} = projectOf({
      ...WORKSPACE_ROOT,
      ...appFiles('fine', 'apps/fine'),
      ...appFiles('faulty', 'apps/faulty', 'wrong = 1\n'),
    });
    const dev = tako.dev(directory);
    await readyIn(dev, 'fine');
    const note = await dev.until(
      event => event.type === 'notice' && event.text.startsWith('faulty is left out') && event,
    );
    assert.match(note.text, /CONFIG_INVALID.*wrong/);
    await dev.end('SIGTERM');
  });
});

describe('tako dev with names', () => {
  it('starts those apps only, from anywhere in the workspace', async () => {
    const {directory} = workspaceOfTwo();
    const dev = tako.dev(path.join(directory, 'apps/web'), 'api');
    await readyIn(dev, 'api');
    assert.deepEqual(await namesIn(directory), ['api']);
    await dev.end('SIGTERM');
  });

  it('asks whether another was meant when one of them is unknown, and starts none', async () => {
    const {directory} = workspaceOfTwo();
    const result = await tako.run(['dev', '--json', 'web', 'apo'], {cwd: directory});
    assert.equal(result.code, 1);
    const {code, message, hint} = errorOf(result);
    assert.deepEqual([code, message, hint], ['NO_SUCH_APP', 'there is no app apo here', 'did you mean api?']);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('starts none when one of them cannot be', async () => {
    const {directory} = projectOf({
      ...WORKSPACE_ROOT,
      ...appFiles('fine', 'apps/fine'),
      'apps/mute/tako.toml': 'name = "mute"\n',
    });
    const result = await tako.run(['dev', '--json', 'fine', 'mute'], {cwd: directory});
    assert.deepEqual([result.code, errorOf(result).code], [1, 'NO_DEV_COMMAND']);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('runs a command in this folder when the words are none', async () => {
    const {directory} = workspaceOfTwo();
    const dev = tako.dev(directory, ...TALKER);
    assert.deepEqual([(await dev.ready()).directory, await namesIn(directory)], [directory, ['acme']]);
    await dev.end('SIGTERM');
  });
});

describe('tako dev in a folder of a workspace', () => {
  it('starts the app of that folder, as anywhere', async () => {
    const {directory} = workspaceOfTwo();
    const dev = tako.dev(path.join(directory, 'apps/api'));
    await readyIn(dev, 'api');
    assert.deepEqual(await namesIn(directory), ['api']);
    await dev.end('SIGTERM');
  });
});
