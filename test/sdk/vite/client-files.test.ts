import assert from 'node:assert/strict';
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {pathToFileURL} from 'node:url';
import {describe, it} from 'vitest';
import {listClientFiles} from '../../../src/sdk/vite/client-files.js';
import {temporaryFolder} from '../../config/support.js';

async function filesOf(names: readonly string[], base = '/') {
  const folder = await temporaryFolder();
  for (const name of names) {
    mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
    writeFileSync(path.join(folder, name), `of ${name}`);
  }
  const files = listClientFiles(pathToFileURL(`${folder}/`), base);
  return {
    folder,
    find: (target: string, method = 'GET') => files.find(method, target),
    read: async (target: string) => String(await files.find('GET', target)?.read()),
  };
}

describe('listClientFiles', () => {
  it('finds files and pages as the file server of tako does', async () => {
    const {read} = await filesOf(['index.html', 'about.html', 'docs/index.html', 'a file.txt']);
    assert.equal(await read('/'), 'of index.html');
    assert.equal(await read('/index.html?from=here'), 'of index.html');
    assert.equal(await read('/about'), 'of about.html');
    assert.equal(await read('/docs/'), 'of docs/index.html');
    assert.equal(await read('/a%20file.txt'), 'of a file.txt');
  });

  it('lets browsers keep what has a hash in its name, and nothing else', async () => {
    const {find} = await filesOf(['index.html', 'assets/index-BdwA2x3f.js', 'robots.txt', 'a-greeting.txt']);
    const keeping = (target: string) => find(target)?.headers['cache-control'];
    assert.equal(keeping('/assets/index-BdwA2x3f.js'), 'public, max-age=31536000, immutable');
    assert.deepEqual([keeping('/'), keeping('/robots.txt'), keeping('/a-greeting.txt')], Array(3).fill('no-cache'));
    assert.equal(find('/assets/index-BdwA2x3f.js')?.headers['content-type'], 'text/javascript; charset=utf-8');
  });

  it('has only what was in the folder, whatever a path says', async () => {
    const {find, folder} = await filesOf(['public/index.html', 'secret.txt', '.env', 'public/.git/config']);
    const targets = [
      '/../secret.txt',
      '/%2e%2e/secret.txt',
      '/..%2fsecret.txt',
      '/%',
      '/%00',
      '/.env',
      '/public/.git/config',
    ];
    for (const target of targets) assert.equal(find(target), undefined, target);
    symlinkSync(path.join(folder, 'secret.txt'), path.join(folder, 'public/link.txt'));
    const files = listClientFiles(pathToFileURL(`${folder}/public/`), '/');
    assert.equal(files.find('GET', '/link.txt'), undefined);
  });

  it('leaves other methods to the app', async () => {
    const {find} = await filesOf(['index.html']);
    assert.equal(find('/', 'POST'), undefined);
    assert.ok(find('/', 'HEAD'));
  });

  it('is below the base of the build', async () => {
    const {find} = await filesOf(['index.html', 'a.txt'], '/shop/');
    assert.ok(find('/shop/'));
    assert.ok(find('/shop/a.txt'));
    assert.equal(find('/a.txt'), undefined);
  });

  it('has nothing where there is no such folder', () => {
    const files = listClientFiles(new URL('file:///no/such/folder/'), '/');
    assert.equal(files.find('GET', '/'), undefined);
  });
});
