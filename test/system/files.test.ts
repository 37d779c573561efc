import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {ensureFolder, ensurePrivateFolder, readTextIfExists, writeFileAtomic} from '../../src/system/files.js';
import {temporaryFolder} from './support.js';

const FILES = path.resolve(import.meta.dirname, '../../dist/system/files.js');
const modeOf = (file: string): number => statSync(file).mode & 0o777;

describe('writing a file', () => {
  it('is for its user only unless told otherwise, whatever the mode was before', async () => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'file');
    writeFileSync(file, 'old', {mode: 0o644});
    await writeFileAtomic(file, 'new');
    assert.deepEqual([readFileSync(file, 'utf8'), modeOf(file)], ['new', 0o600]);
    await writeFileAtomic(file, Buffer.of(0, 255), 0o644);
    assert.deepEqual([readFileSync(file), modeOf(file)], [Buffer.of(0, 255), 0o644]);
    assert.deepEqual(readdirSync(folder), ['file']);
  });

  it('that fails leaves what was there, and nothing else', async () => {
    const folder = temporaryFolder();
    const target = path.join(folder, 'target');
    mkdirSync(target);
    writeFileSync(path.join(target, 'kept'), 'old');
    await assert.rejects(writeFileAtomic(target, 'new'));
    assert.deepEqual(readdirSync(folder), ['target']);
    assert.deepEqual(readdirSync(target), ['kept']);
  });

  it('into a folder that is not there is an error', async () => {
    const folder = temporaryFolder();
    await assert.rejects(writeFileAtomic(path.join(folder, 'no-such', 'file'), 'x'), {code: 'ENOENT'});
    assert.deepEqual(readdirSync(folder), []);
  });

  it('by many at once leaves the whole text of one of them', async () => {
    const file = path.join(temporaryFolder(), 'file');
    const texts = Array.from({length: 20}, (_, index) => String(index).repeat(100_000));
    await Promise.all(texts.map(text => writeFileAtomic(file, text)));
    assert.ok(texts.includes(readFileSync(file, 'utf8')));
  });

  it('killed at any moment leaves the whole of some text', async () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, 'a'.repeat(500_000));
    const program = `import {writeFileAtomic} from ${JSON.stringify(FILES)};
      console.log('runs');
      for (;;) for (const letter of 'bcd') await writeFileAtomic(${JSON.stringify(file)}, letter.repeat(500_000));`;
    for (let round = 0; round < 5; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = once(child, 'exit');
      await once(child.stdout, 'data');
      for (let reads = 0; reads < 5 * round; reads++)
        assert.match((await readTextIfExists(file)) ?? '', /^(.)\1{499999}$/);
      child.kill('SIGKILL');
      await ended;
      assert.match(readFileSync(file, 'utf8'), /^(.)\1{499999}$/);
    }
  });
});

describe('reading a file that may not be there', () => {
  it('gives its text, or nothing', async () => {
    const file = path.join(temporaryFolder(), 'file');
    assert.equal(await readTextIfExists(file), undefined);
    writeFileSync(file, 'ünï');
    assert.equal(await readTextIfExists(file), 'ünï');
    assert.equal(await readTextIfExists(path.join(file, 'below')), undefined);
  });

  it('is an error when it is there and cannot be read', async () => {
    await assert.rejects(readTextIfExists(temporaryFolder()), {code: 'EISDIR'});
  });
});

describe('a private folder', () => {
  it('is made with its parents, and closed when it was open', async () => {
    const folder = path.join(temporaryFolder(), 'a', 'b');
    await ensurePrivateFolder(folder);
    assert.equal(modeOf(folder), 0o700);
    chmodSync(folder, 0o755);
    await ensurePrivateFolder(folder);
    assert.equal(modeOf(folder), 0o700);
  });

  it('is refused where somebody has put a link', async () => {
    const folder = temporaryFolder();
    symlinkSync('/tmp', path.join(folder, 'link'));
    await assert.rejects(ensurePrivateFolder(path.join(folder, 'link')), {code: 'FOLDER_FOREIGN'});
  });
});

describe('a folder', () => {
  it('keeps the mode it has, and is private where it is new', async () => {
    const parent = temporaryFolder();
    chmodSync(parent, 0o755);
    await ensureFolder(parent);
    assert.equal(modeOf(parent), 0o755);
    await ensureFolder(path.join(parent, 'new'));
    assert.equal(modeOf(path.join(parent, 'new')), 0o700);
  });

  it('that cannot be made is an error with the next step, not a bug', async () => {
    const file = path.join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    await assert.rejects(ensureFolder(path.join(file, 'below')), {code: 'FILE_NOT_WRITABLE'});
  });
});
