import assert from 'node:assert/strict';
import path from 'node:path';
import {afterEach, describe, it} from 'vitest';
import {environmentOf, findApp, shareTako} from '../helpers/shared-tako.js';
import type {CommandResult} from '../helpers/tako.js';
import {cli, type Running, start, talkingProject} from './support.js';
import {appFiles, projectOf, WORKSPACE_ROOT, workspaceOfTwo} from './workspace-support.js';

// What stops, and what goes on, when a terminal or a script leaves.

const tako = shareTako();

const dev = (directory: string, ...names: readonly string[]): Running =>
  start(cli('dev', '--plain', ...names), {cwd: directory, env: environmentOf(tako)});

/** Ctrl-C. */
async function quit({child, ended}: Running): Promise<CommandResult> {
  child.kill('SIGINT');
  return ended;
}

async function namesIn(directory: string): Promise<string[]> {
  const {apps} = await tako.status();
  return apps.filter(app => app.directory.startsWith(directory)).map(({name}) => name);
}

afterEach(async () => {
  const {apps} = await tako.status();
  const left = apps.filter(({directory}) => directory !== tako.home);
  await tako.stop(...left.map(({name}) => name));
});

describe('Ctrl-C in one of two terminals of an app', () => {
  it('leaves it to the other one, and says so; there it stops', async () => {
    const {directory} = talkingProject('shared');
    const [first, second] = [dev(directory), dev(directory)];
    await Promise.all([first.until('shared is ready'), second.until('shared is ready')]);
    const {code, stderr} = await quit(first);
    assert.equal(code, 0);
    assert.match(stderr, /^shared goes on: another terminal uses it$/m);
    assert.doesNotMatch(stderr, /stopped/);
    assert.deepEqual(await namesIn(directory), ['shared']);
    assert.match((await quit(second)).stderr, /^shared stopped$/m);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('stops it when the other one is a terminal that was closed', async () => {
    const {directory} = talkingProject('closed');
    const first = dev(directory);
    await first.until('closed is ready');
    first.child.kill('SIGHUP');
    await first.ended;
    const second = dev(directory);
    await second.until('closed is ready');
    await quit(second);
    assert.deepEqual(await namesIn(directory), []);
  });
});

describe('Ctrl-C at an app that was ensured', () => {
  it('leaves it running, and says how it is stopped', async () => {
    const {directory} = talkingProject('kept');
    await tako.run(['ensure'], {cwd: directory});
    const terminal = dev(directory);
    await terminal.until('kept is ready');
    const {stderr} = await quit(terminal);
    assert.match(stderr, /^kept goes on, as "tako ensure" asked for it; "tako stop kept" stops it$/m);
    assert.deepEqual(await namesIn(directory), ['kept']);
    await tako.run(['stop', 'kept']);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('leaves it running also when it was ensured after the terminal started it', async () => {
    const {directory} = talkingProject('kept-later');
    const terminal = dev(directory);
    await terminal.until('kept-later is ready');
    await tako.run(['ensure'], {cwd: directory});
    await quit(terminal);
    assert.deepEqual(await namesIn(directory), ['kept-later']);
  });
});

describe('an app that another one depends on', () => {
  it('is started for it, shown as that, and stops with it', async () => {
    const {directory} = workspaceOfTwo();
    const terminal = dev(path.join(directory, 'apps/lib'), 'web');
    await terminal.until('web is ready');
    assert.match(terminal.output(), /^api is starting for web: pid \d+$/m);
    assert.match((await quit(terminal)).stderr, /^web and api stopped$/m);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('is started from the folder of the app that needs it too', async () => {
    const {directory} = workspaceOfTwo();
    const terminal = dev(path.join(directory, 'apps/web'));
    await terminal.until('web is ready');
    assert.deepEqual((await namesIn(directory)).sort(), ['api', 'web']);
    await quit(terminal);
  });

  it('goes on when a terminal of its own uses it, or did when it was left', async () => {
    const {directory} = workspaceOfTwo();
    const api = dev(directory, 'api');
    await api.until('api is ready');
    const web = dev(directory, 'web');
    await web.until('web is ready');
    assert.match((await quit(web)).stderr, /^web stopped$/m);
    assert.deepEqual(await namesIn(directory), ['api']);
    api.child.kill('SIGHUP');
    await api.ended;
    const again = dev(directory, 'web');
    await again.until('web is ready');
    await quit(again);
    assert.deepEqual(await namesIn(directory), ['api']);
  });

  it('goes on when its own terminal is left while the other one runs', async () => {
    const {directory} = workspaceOfTwo();
    await tako.run(['ensure', 'web'], {cwd: directory});
    const api = dev(directory, 'api');
    await api.until('api is ready');
    assert.match((await quit(api)).stderr, /^api goes on: web depends on it$/m);
    assert.deepEqual((await namesIn(directory)).sort(), ['api', 'web']);
    assert.deepEqual((await findApp(tako, 'api'))?.startedFor, ['web']);
    // From then on it is there for the other one only.
    await tako.stop('web');
    assert.deepEqual(await namesIn(directory), []);
  });

  it('is started by tako ensure too, printed behind what was asked for, and stops with that', async () => {
    const {directory} = workspaceOfTwo();
    const {code, stdout} = await tako.run(['ensure', 'web'], {cwd: directory});
    assert.equal(code, 0);
    assert.match(stdout, /^web {2}ready .*\napi {2}ready {2}.* log: tako logs api {2}for web\n$/);
    await tako.run(['stop', 'web']);
    assert.deepEqual(await namesIn(directory), []);
  });

  it('has those started that it depends on itself', async () => {
    const {directory} = projectOf({
      ...WORKSPACE_ROOT,
      ...appFiles('db', 'apps/db'),
      ...appFiles('api', 'apps/api', 'depends_on = ["db"]\n'),
      ...appFiles('web', 'apps/web', 'depends_on = ["api"]\n'),
    });
    const terminal = dev(directory, 'web');
    await terminal.until('web is ready');
    assert.deepEqual((await namesIn(directory)).sort(), ['api', 'db', 'web']);
    assert.match((await quit(terminal)).stderr, /^web, api and db stopped$/m);
  });
});
