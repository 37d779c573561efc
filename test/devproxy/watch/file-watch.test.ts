import assert from 'node:assert/strict';
import {mkdirSync, renameSync, rmSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {createFileWatch} from '../../../src/devproxy/watch/file-watch.js';
import {createFolder, until, write} from './support.js';

function startFileWatch(file: string) {
  let changes = 0;
  const watch = createFileWatch(file, () => void changes++, {debounceMs: 30});
  onTestFinished(() => watch.close());
  /** Does something, and waits until it was told. */
  const untilTold = async (change: () => void): Promise<void> => {
    const before = changes;
    change();
    await until('the change is told', () => changes > before);
  };
  return {untilTold, count: () => changes, close: watch.close};
}

describe('the watch of one file', () => {
  it('tells of a write, of a replacement by rename, of a removal and of its return, again and again', async () => {
    const folder = createFolder({'tako.toml': '0'});
    const file = path.join(folder, 'tako.toml');
    const {untilTold} = startFileWatch(file);
    for (const round of ['1', '2', '3']) {
      await untilTold(() => writeFileSync(file, round));
      write(folder, {'.tako.toml.tmp': `${round} replaced`});
      await untilTold(() => renameSync(path.join(folder, '.tako.toml.tmp'), file));
      await untilTold(() => rmSync(file));
      await untilTold(() => writeFileSync(file, `${round} again`));
    }
  });

  it('tells of a file that was not there at first, nor its folder', async () => {
    const folder = createFolder();
    const {untilTold} = startFileWatch(path.join(folder, 'app/tako.toml'));
    await untilTold(() => write(folder, {'app/tako.toml': ''}));
    await untilTold(() => write(folder, {'app/tako.toml': 'edited'}));
  });

  it('goes on when a folder above is moved away and back, or replaced by another', async () => {
    const root = createFolder({'a/app/tako.toml': '1'});
    const [folder, moved] = [path.join(root, 'a'), path.join(root, 'moved')];
    const {untilTold} = startFileWatch(path.join(folder, 'app/tako.toml'));
    await untilTold(() => renameSync(folder, moved));
    await untilTold(() => renameSync(moved, folder));
    await untilTold(() => write(root, {'a/app/tako.toml': '2'}));
    await untilTold(() => renameSync(folder, moved));
    await untilTold(() => write(root, {'a/app/tako.toml': '3'}));
    await untilTold(() => write(root, {'a/app/tako.toml': '4'}));
  });

  it('tells nothing when the content stays, nor of other files, nor of several writes more than once', async () => {
    const folder = createFolder({'tako.toml': 'same'});
    const file = path.join(folder, 'tako.toml');
    const {untilTold, count} = startFileWatch(file);
    const other = startFileWatch(path.join(folder, 'other.toml'));
    utimesSync(file, 1, 1);
    writeFileSync(file, 'same');
    mkdirSync(path.join(folder, 'src'));
    await other.untilTold(() => write(folder, {'other.toml': '', 'src/a.ts': ''}));
    assert.equal(count(), 0);
    await untilTold(() => writeFileSync(file, 'edited'));
    assert.equal(count(), 1);
  });

  it('tells nothing after close, which may be called twice', async () => {
    const folder = createFolder({'tako.toml': '1'});
    const file = path.join(folder, 'tako.toml');
    const [watch, other] = [startFileWatch(file), startFileWatch(file)];
    await Promise.all([watch.close(), watch.close()]);
    await other.untilTold(() => writeFileSync(file, '2'));
    assert.equal(watch.count(), 0);
  });
});
