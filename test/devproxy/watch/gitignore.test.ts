import assert from 'node:assert/strict';
import {rmSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {createFolder, type StartedWatch, seenSource, startWatch, until, write} from './support.js';

/** Writes all these files, and says which of them were reported. */
async function reported(watch: StartedWatch, folder: string, names: readonly string[]): Promise<string[]> {
  watch.forget();
  write(folder, Object.fromEntries(names.map(name => [name, `${Math.random()}`])));
  await watch.flush();
  return seenSource(watch);
}

/** New rules are followed once they were read: asks until the answer is this one. */
async function untilReported(watch: StartedWatch, folder: string, names: readonly string[], wanted: readonly string[]) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const seen = await reported(watch, folder, names);
    if (seen.join() === wanted.join()) return;
    assert.ok(Date.now() < deadline, `${seen} rather than ${wanted}`);
  }
}

describe('what git ignores', () => {
  it('is not watched, with negation, and with rules of inner folders before those of outer ones', async () => {
    const folder = createFolder({
      '.gitignore': '*.txt\n!kept.txt\n/only-here\n# comment\n\nsecret/\ntemp\n',
      'src/.gitignore': '!wanted.txt\n/local.ts\n!temp\n',
      'secret/.gitignore': '!*\n',
    });
    const watch = await startWatch(folder);
    const wanted = ['kept.txt', 'src/only-here', 'src/temp/a.ts', 'src/wanted.txt', 'src/x/local.ts'];
    const unwanted = ['a.txt', 'only-here', 'src/a.txt', 'src/local.ts', 'secret/a.ts', 'temp/a.ts', 'x/secret/a.ts'];
    // Files of new folders are found one by one.
    await untilReported(watch, folder, [...wanted, ...unwanted], wanted);
    assert.deepEqual(await reported(watch, folder, unwanted), []);
  });

  it('is looked up again when a .gitignore changes, comes or goes', async () => {
    const folder = createFolder({'.gitignore': 'one/\n', 'one/a.ts': '', 'two/a.ts': '', 'two/b/c.ts': ''});
    const names = ['one/a.ts', 'two/a.ts', 'two/b/c.ts'];
    const watch = await startWatch(folder);
    await untilReported(watch, folder, names, ['two/a.ts', 'two/b/c.ts']);
    write(folder, {'.gitignore': 'two/a.ts\n'});
    await untilReported(watch, folder, names, ['one/a.ts', 'two/b/c.ts']);
    write(folder, {'two/.gitignore': 'b\n!a.ts\n'});
    await untilReported(watch, folder, names, ['one/a.ts', 'two/a.ts']);
    rmSync(path.join(folder, 'two/.gitignore'));
    rmSync(path.join(folder, '.gitignore'));
    await untilReported(watch, folder, names, names);
  });

  it('may be said in folders above the project, and in .git/info/exclude', async () => {
    const root = createFolder({'.git/info/exclude': 'mine.ts\n', '.gitignore': 'app/out\n', 'app/a.ts': ''});
    const app = path.join(root, 'app');
    const watch = await startWatch(app);
    const names = ['a.ts', 'mine.ts', 'out/a.ts'];
    await untilReported(watch, app, names, ['a.ts']);
    write(root, {'.gitignore': 'other\n'});
    await untilReported(watch, app, names, ['a.ts', 'out/a.ts']);
    write(root, {'.git/info/exclude': ''});
    await untilReported(watch, app, names, names);
  });

  it('is the same in a linked worktree, whose .git is a file', async () => {
    const root = createFolder({
      'main/.git/info/exclude': 'mine.ts\n',
      'main/.git/worktrees/linked/commondir': '../..\n',
      'linked/.gitignore': 'ours.ts\n',
    });
    const linked = path.join(root, 'linked');
    write(linked, {'.git': `gitdir: ${path.join(root, 'main/.git/worktrees/linked')}\n`, 'a.ts': ''});
    const watch = await startWatch(linked);
    assert.deepEqual(await reported(watch, linked, ['a.ts', 'mine.ts', 'ours.ts']), ['a.ts']);
  });

  it('does not hide a project that lies in an ignored folder itself', async () => {
    const root = createFolder({'.git/HEAD': '', '.gitignore': 'scratch/\n', 'scratch/app/.gitignore': 'b.ts\n'});
    const app = path.join(root, 'scratch/app');
    const watch = await startWatch(app);
    assert.deepEqual(await reported(watch, app, ['a.ts', 'b.ts']), ['a.ts']);
  });

  it('may have a name with the signs of patterns around it', async () => {
    const root = createFolder({'a [b] *c/.gitignore': '/x.ts\ny.ts\n'});
    const folder = path.join(root, 'a [b] *c');
    const watch = await startWatch(folder, {ignore: ['./z.ts']});
    const names = ['d.ts', 'q/x.ts', 'q/y.ts', 'x.ts', 'y.ts', 'z.ts'];
    await untilReported(watch, folder, names, ['d.ts', 'q/x.ts']);
    await until('nothing was complained about', () => watch.problems.length === 0);
  });
});
