import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {decideLabel, findWorktree, parseGitFile, parseHead} from '../../src/config/worktree.js';
import {createRandom, temporaryFolder} from './support.js';

const linked = (name: string, head: string, where = 'main'): Record<string, string> => ({
  [`${where}/.git/worktrees/${name}/HEAD`]: head,
  [`${where}/.git/worktrees/${name}/commondir`]: '../..\n',
});

/** RFC 1123, section 2.1, in lower case. */
const isHostLabel = (label: string): boolean => /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label);

const MAIN = {'main/.git/HEAD': 'ref: refs/heads/main\n', 'main/src/x.ts': ''};
const COMMIT = `${'0123456789'.repeat(4)}\n`;

async function folderWith(files: Record<string, string>): Promise<(name: string) => ReturnType<typeof findWorktree>> {
  const folder = await temporaryFolder({'.git/': '', ...files});
  return name => findWorktree(path.join(folder, name));
}

describe('findWorktree', () => {
  it('finds nothing in the main checkout, in a submodule and outside of repositories', async () => {
    const find = await folderWith({
      ...MAIN,
      'main/sub/.git': 'gitdir: ../.git/modules/sub\n',
      'main/.git/modules/sub/HEAD': 'ref: refs/heads/main\n',
      'main/.git/modules/sub/commondir': '../..\n',
      'odd/.git': 'hello',
    });
    assert.deepEqual(
      await Promise.all(['main', 'main/src', 'main/sub', 'odd', 'missing'].map(find)),
      Array(5).fill(undefined),
    );
  });

  it('gives the branch of a linked worktree, from any folder of it, with absolute and relative links', async () => {
    const find = await folderWith({
      ...MAIN,
      ...linked('a', 'ref: refs/heads/feature/Login-2\n'),
      'a/.git': 'gitdir: ../main/.git/worktrees/a\n',
      'a/apps/web/x': '',
    });
    const found = await find('a/apps/web');
    assert.equal(found?.branch, 'feature/Login-2');
    assert.equal(found?.label, 'feature-login-2');
    assert.equal(path.basename(found?.root ?? ''), 'a');
    const absolute = await temporaryFolder(linked('b', 'ref: refs/heads/b\n'));
    const other = await temporaryFolder({'.git': `gitdir: ${absolute}/main/.git/worktrees/b\r\n`});
    assert.equal((await findWorktree(other))?.label, 'b');
  });

  it('goes by the name of the worktree while no branch is checked out', async () => {
    const find = await folderWith({
      ...MAIN,
      ...linked('Review_1', COMMIT),
      'r/.git': 'gitdir: ../main/.git/worktrees/Review_1',
    });
    const found = await find('r');
    assert.deepEqual([found?.branch, found?.label], [undefined, 'review-1']);
  });

  it('keeps the branch while it is rebased', async () => {
    const find = await folderWith({
      ...MAIN,
      ...linked('a', COMMIT),
      'main/.git/worktrees/a/rebase-merge/head-name': 'refs/heads/topic\n',
      'a/.git': 'gitdir: ../main/.git/worktrees/a\n',
    });
    assert.equal((await find('a'))?.label, 'topic');
  });

  it('gives two branches that read alike two labels, each always the same', async () => {
    const find = await folderWith({
      ...MAIN,
      ...linked('a', 'ref: refs/heads/fix/one\n'),
      ...linked('b', 'ref: refs/heads/fix-one\n'),
      'a/.git': 'gitdir: ../main/.git/worktrees/a\n',
      'b/.git': 'gitdir: ../main/.git/worktrees/b\n',
    });
    assert.equal((await find('b'))?.label, 'fix-one');
    assert.match((await find('a'))?.label ?? '', /^fix-one-[0-9a-f]{6}$/);
    assert.equal((await find('a'))?.label, (await find('a'))?.label);
  });
});

describe('decideLabel', () => {
  it('is the branch where that can be read, and has a hash where letters are lost', () => {
    assert.equal(decideLabel('main'), 'main');
    assert.equal(decideLabel('release/1.2_rc'), 'release-1-2-rc');
    assert.match(decideLabel('größe'), /^gr-e-[0-9a-f]{6}$/);
    assert.match(decideLabel('ветка'), /^branch-[0-9a-f]{6}$/);
    assert.notEqual(decideLabel('ветка'), decideLabel('ветки'));
    assert.equal(decideLabel('x'.repeat(63)).length, 63);
    assert.match(decideLabel('x'.repeat(64)), /^x{56}-[0-9a-f]{6}$/);
  });

  it('is a label of a host for every branch, and no two of many share one', () => {
    const random = createRandom(42);
    const letters = 'abAB09-_./#@äж ';
    const branches = [
      ...new Set(
        Array.from({length: 3000}, () => {
          const length = 1 + random(random(4) === 0 ? 90 : 6);
          return Array.from({length}, () => letters.charAt(random(letters.length))).join('');
        }),
      ),
    ];
    const labels = branches.map(branch =>
      decideLabel(
        branch,
        branches.filter(other => other !== branch),
      ),
    );
    for (const label of labels) assert.ok(isHostLabel(label), label);
    const repeated = labels.length - new Set(labels).size;
    assert.equal(repeated, 0);
  });
});

describe('git files', () => {
  it('are read whatever they hold', () => {
    const random = createRandom(3);
    const pieces = ['gitdir:', 'ref: ', 'refs/heads/', '\n', '\r\n', '\0', ' ', 'a', '/', '.invalid', '..', '\t', 'ä'];
    for (let round = 0; round < 20_000; round++) {
      const text = Array.from({length: random(6)}, () => pieces[random(pieces.length)]).join('');
      for (const value of [parseGitFile(text), parseHead(text)]) {
        if (value !== undefined)
          assert.ok(value !== '' && !/[\r\n\0]/.test(value) && value === value.trimEnd(), JSON.stringify(text));
      }
    }
    assert.equal(parseHead('ref: refs/heads/.invalid\n'), undefined);
    assert.equal(parseHead('ref: refs/tags/x'), undefined);
    assert.equal(parseGitFile('gitdir: /with space/x\n'), '/with space/x');
  });
});
