import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {planIgnoreFile} from '../../../src/commands/init/ignore-lines.js';
import {requires} from '../../helpers/system-parts.js';
import {temporaryFolder} from '../support.js';

/** What git itself ignores of these paths. */
function ignoredByGit(folder: string, ...paths: string[]): readonly string[] {
  return spawnSync('git', ['check-ignore', '--no-index', ...paths], {cwd: folder, encoding: 'utf8'})
    .stdout.split('\n')
    .filter(Boolean);
}

const KEPT = '.tako/secrets.json';
const IGNORED = ['.tako/build/a.js', '.tako/data/app/x', '.tako/types.json'];

/** A folder of a checkout, or the checkout itself. */
function checkout(own: string | undefined, outer?: string): string {
  const root = temporaryFolder();
  execFileSync('git', ['init', '-q'], {cwd: root});
  const folder = outer === undefined ? root : path.join(root, 'apps/web');
  mkdirSync(folder, {recursive: true});
  if (outer !== undefined) writeFileSync(path.join(root, '.gitignore'), outer);
  if (own !== undefined) writeFileSync(path.join(folder, '.gitignore'), own);
  return folder;
}

describe.skipIf(requires('git'))('planIgnoreFile', () => {
  it.each([
    ['no file', undefined, undefined],
    ['an empty one', '', undefined],
    ['one without an end of line', 'node_modules', undefined],
    ['one with ends of lines of Windows', 'node_modules\r\ndist\r\n', undefined],
    ['one that ignores the whole folder', '.tako\n', undefined],
    ['one that ignores the whole folder as such', '/.tako/\n', undefined],
    ['one that ignores all that has a dot in front', '.*\n', undefined],
    ['one around it that ignores the whole folder', undefined, '.tako/\n'],
    ['one around it that ignores JSON', 'dist\n', '*.json\n'],
  ])('has git take the secrets and nothing else of .tako, with %s', async (_, own, outer) => {
    const folder = checkout(own, outer);
    const text = (await planIgnoreFile(folder)) ?? '';
    assert.ok(text !== '' && text.startsWith(own ?? ''), 'what was there stays in front');
    writeFileSync(path.join(folder, '.gitignore'), text);
    assert.deepEqual(ignoredByGit(folder, KEPT, ...IGNORED), IGNORED);
    assert.equal(await planIgnoreFile(folder), undefined, 'once is enough');
  });

  it('has nothing to add where a file around it says so already', async () => {
    assert.equal(
      await planIgnoreFile(
        checkout(
          undefined,
          '.tako/*\n!.tako/secrets.json\n!.tako/.gitattributes\n**/.tako/*\n!**/.tako/secrets.json\n!**/.tako/.gitattributes\n',
        ),
      ),
      undefined,
    );
  });

  it('keeps the ends of lines that the file has', async () => {
    const text = await planIgnoreFile(checkout('a\r\nb\r\n'));
    assert.equal(text?.replaceAll('\r\n', '').includes('\n'), false);
  });
});
