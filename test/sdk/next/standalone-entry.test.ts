import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, it} from 'vitest';
import {makeEntry} from '../../../src/sdk/next/standalone-entry.js';
import {temporaryFolder} from '../../config/support.js';

const WITH_TAKO = path.resolve(import.meta.dirname, '../../../dist/sdk/next/with-tako.js');

/** An app as `next build` leaves it. */
async function built(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), {recursive: true});
    writeFileSync(path.join(folder, name), text);
  }
  return folder;
}

const SHOP = {
  '.next/standalone/server.js': '',
  '.next/required-server-files.json': '{"relativeAppDir": ""}',
  '.next/static/chunks/main.js': 'main',
  'public/robots.txt': 'robots',
};

describe('the entry of a standalone build', () => {
  it('is at its top, with the files for browsers where the server looks for them', async () => {
    const folder = await built(SHOP);
    makeEntry(folder, '.next');
    const read = (file: string) => readFileSync(path.join(folder, '.next/standalone', file), 'utf8');
    assert.match(read('tako-entry.mjs'), /new URL\("server\.js"/);
    assert.equal(read('.next/static/chunks/main.js'), 'main');
    assert.equal(read('public/robots.txt'), 'robots');
    assert.match(read('tako-server.mjs'), /NextInternalRequestMeta/);
  });

  it('is at its top in a monorepo too', async () => {
    const folder = await built({
      'built/standalone/apps/shop/server.js': '',
      'built/required-server-files.json': '{"relativeAppDir": "apps/shop"}',
      'built/static/a.js': 'a',
    });
    makeEntry(folder, 'built');
    const standalone = path.join(folder, 'built/standalone');
    assert.match(readFileSync(path.join(standalone, 'tako-entry.mjs'), 'utf8'), /"apps\/shop\/server\.js"/);
    assert.equal(existsSync(path.join(standalone, 'apps/shop/built/static/a.js')), true);
  });

  it('is not made where there is no standalone build', async () => {
    const folder = await built({'.next/required-server-files.json': '{}', '.next/static/a.js': 'a'});
    makeEntry(folder, '.next');
    assert.equal(existsSync(path.join(folder, '.next/standalone')), false);
  });

  it.each([
    [0, true],
    [1, false],
  ])('is made when the build ends with %s: %s', async (code, isMade) => {
    const folder = await built({
      ...SHOP,
      'next.mjs': `import {withTako} from ${JSON.stringify(WITH_TAKO)};
        withTako((phase, context) => ({phase, context}))('build', {});
        withTako({});
        setTimeout(() => process.exit(${code}), 1);`,
    });
    const words = [path.join(folder, 'next.mjs'), 'build', '--experimental-build-mode', 'compile', folder];
    await promisify(execFile)(process.execPath, words, {cwd: path.dirname(folder)}).catch(() => {});
    assert.equal(existsSync(path.join(folder, '.next/standalone/tako-entry.mjs')), isMade);
  });
});
