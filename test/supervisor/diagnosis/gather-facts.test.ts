import assert from 'node:assert/strict';
import {once} from 'node:events';
import {mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {type AddressInfo, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {explainCrash} from '../../../src/supervisor/diagnosis/explain-crash.js';
import {NO_FACTS} from '../../../src/supervisor/diagnosis/facts.js';
import {gatherFacts, gatherProject} from '../../../src/supervisor/diagnosis/gather-facts.js';
import {exitedWith, specWith} from './describe.js';

let folder = '';

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(tmpdir(), 'tako-facts-')));
});

afterEach(() => rm(folder, {recursive: true}));

const write = (name: string, content: unknown = ''): Promise<void> =>
  writeFile(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));

describe('what the files of a project tell', () => {
  it('is nothing in an empty folder, and in none', async () => {
    assert.deepEqual(await gatherProject(folder), {...NO_FACTS, ownFolders: [folder]});
    assert.equal((await gatherFacts(path.join(folder, 'gone'), exitedWith(1), [])).packageManager, undefined);
  });

  it('is the package manager that package.json names, else that of the lockfile, else npm', async () => {
    const manager = async () => (await gatherProject(folder)).packageManager;
    await write('package.json', {name: 'web'});
    assert.equal(await manager(), 'npm');
    await write('yarn.lock');
    assert.equal(await manager(), 'yarn');
    await write('package.json', {packageManager: 'pnpm@10.1.0'});
    assert.equal(await manager(), 'pnpm');
  });

  it('is the dependencies and scripts, and whether they are installed', async () => {
    await write('package.json', {
      dependencies: {express: '5'},
      devDependencies: {vite: '8'},
      scripts: {dev: 'vite'},
    });
    const before = await gatherProject(folder);
    assert.deepEqual([before.dependencies, before.scripts, before.isInstalled], [['express', 'vite'], ['dev'], false]);
    await mkdir(path.join(folder, 'node_modules'));
    assert.equal((await gatherProject(folder)).isInstalled, true);
  });

  it('is looked for around the folder as far as the repository goes', async () => {
    await mkdir(path.join(folder, 'apps/web'), {recursive: true});
    await write('pnpm-lock.yaml');
    await mkdir(path.join(folder, 'node_modules'));
    await write('apps/web/package.json', {});
    const own = path.join(folder, 'apps/web');
    assert.equal((await gatherProject(own)).packageManager, 'npm');
    await mkdir(path.join(folder, '.git'));
    const {packageManager, isInstalled, ownFolders} = await gatherProject(own);
    assert.deepEqual([packageManager, isInstalled], ['pnpm', true]);
    assert.deepEqual(ownFolders, [own, path.join(folder, 'apps'), folder]);
  });

  it('can be shown, whatever it is', async () => {
    await write('package.json', {scripts: {'\x1b]0;title\x07dev\u202e': 'x'}});
    assert.deepEqual((await gatherProject(folder)).scripts, ['dev']);
  });

  it('is nothing where package.json is not what it should be', async () => {
    for (const content of ['{', '[]', 'null', '{"dependencies": 3, "scripts": [], "packageManager": {}}']) {
      await write('package.json', content);
      assert.deepEqual((await gatherProject(folder)).dependencies, []);
    }
  });
});

describe('the owner of a port', () => {
  it('is found when the output tells the port', async () => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const {port} = server.address() as AddressInfo;
    const lines = [`Error: listen EADDRINUSE: address already in use 127.0.0.1:${port}`];
    const {portOwner} = await gatherFacts(folder, exitedWith(1), lines);
    const pinned = await gatherFacts(folder, {outcome: 'port-taken', port, pid: undefined}, []);
    const spec = specWith({directory: folder});
    const {message} = await explainCrash(spec, {code: 1, signal: null}, lines);
    server.close();
    assert.match(
      message,
      new RegExp(`^web crashed with code 1: port ${port} is in use by .*\\(pid ${process.pid}\\)$`),
    );
    assert.deepEqual([portOwner?.pid, portOwner?.port], [process.pid, port]);
    assert.equal(pinned.portOwner?.pid, process.pid);
  });
});
