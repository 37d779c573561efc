import assert from 'node:assert/strict';
import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {type PlannedFile, writeFiles} from '../../../src/commands/init/write-files.js';
import {TakoError} from '../../../src/system/error.js';
import {temporaryFolder} from '../support.js';

const NEVER = new AbortController().signal;

/** Every path in the folder, with what is in the files. */
const contentOf = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, {recursive: true, encoding: 'utf8'})
      .sort()
      .map(name => {
        const file = path.join(folder, name);
        return [name, statSync(file).isDirectory() ? '' : readFileSync(file, 'utf8')];
      }),
  );

/** An app of two new files and a changed one, the last of which is there already. */
function blocked(): {folder: string; files: readonly PlannedFile[]} {
  const folder = temporaryFolder();
  mkdirSync(path.join(folder, 'old'));
  writeFileSync(path.join(folder, 'old/.gitignore'), 'mine\n');
  writeFileSync(path.join(folder, 'old/tako.toml'), 'theirs');
  const files = [
    {file: path.join(folder, 'new/deep/index.ts'), content: 'code'},
    {file: path.join(folder, 'old/.gitignore'), content: 'mine\n.tako\n', before: 'mine\n'},
    {file: path.join(folder, 'old/tako.toml'), content: 'ours'},
  ];
  return {folder, files};
}

describe('writeFiles', () => {
  it('writes all files, with the folders they are in', async () => {
    const folder = temporaryFolder();
    await writeFiles(
      [
        {file: path.join(folder, 'a/b/c.txt'), content: 'c'},
        {file: path.join(folder, 'run.sh'), content: Buffer.from([0, 255]), mode: 0o755},
      ],
      NEVER,
    );
    assert.deepEqual(Object.keys(contentOf(folder)), ['a', 'a/b', 'a/b/c.txt', 'run.sh']);
    assert.deepEqual([...readFileSync(path.join(folder, 'run.sh'))], [0, 255]);
    assert.equal(statSync(path.join(folder, 'run.sh')).mode & 0o777, 0o755);
  });

  it('keeps the mode of a file that it changes', async () => {
    const file = path.join(temporaryFolder(), 'tako.toml');
    writeFileSync(file, 'before');
    chmodSync(file, 0o640);
    await writeFiles([{file, content: 'after', before: 'before'}], NEVER);
    assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], ['after', 0o640]);
  });

  it('leaves everything as it was when a file is there that nobody knew of', async () => {
    const {folder, files} = blocked();
    const before = contentOf(folder);
    await assert.rejects(writeFiles(files, NEVER), {code: 'CONFIG_EXISTS'});
    assert.deepEqual(contentOf(folder), before);
  });

  it.each([1, 2, 3, 4])('leaves everything as it was when it is interrupted, at its look %i', async looks => {
    const {folder, files} = blocked();
    const before = contentOf(folder);
    let left = looks;
    const signal = {
      throwIfAborted() {
        if (--left === 0) throw new TakoError('INTERRUPTED', 'it was interrupted');
      },
    } as AbortSignal;
    const free = files.map(file => (file.content === 'ours' ? {...file, file: path.join(folder, 'fresh.toml')} : file));
    await assert.rejects(writeFiles(free, signal), {code: 'INTERRUPTED'});
    assert.deepEqual(contentOf(folder), before);
  });
});
