import assert from 'node:assert/strict';
import {symlink} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {
  findMembers,
  findWorkspace,
  findWorkspaceApps,
  isMember,
  isServer,
  parsePnpmWorkspace,
  readWorkspace,
  type Workspace,
} from '../../src/config/workspace.js';
import {createRandom, factsWith, NO_FACTS, packageJson, temporaryFolder} from './support.js';

const vite = packageJson({uses: ['vite'], scripts: {dev: 'vite'}});
const library = packageJson({uses: ['vite'], scripts: {dev: 'vite build --watch', build: 'vite build'}});

async function appsIn(files: Record<string, string>): Promise<string[]> {
  const root = await temporaryFolder({'.git/': '', ...files});
  return (await findWorkspaceApps(root)).map(({name, directory}) => `${name} ${path.relative(root, directory)}`);
}

describe('findWorkspaceApps', () => {
  it('finds the apps of npm, Yarn and Bun, and leaves libraries out', async () => {
    const members = {
      'apps/web/package.json': vite,
      'apps/api/package.json': packageJson({name: '@acme/api', scripts: {start: 'node .'}}),
      'packages/ui/package.json': library,
    };
    const expected = ['api apps/api', 'web apps/web'];
    assert.deepEqual(await appsIn({'package.json': '{"workspaces": ["apps/*", "packages/*"]}', ...members}), expected);
    assert.deepEqual(
      await appsIn({'package.json': '{"workspaces": {"packages": ["{apps,packages}/*"]}}', ...members}),
      expected,
    );
  });

  it('finds those of pnpm, which go before what package.json says', async () => {
    const apps = await appsIn({
      'pnpm-workspace.yaml': "packages:\n  - '!**/old/**'\n  - 'apps/**' # all\ncatalog:\n  vite: ^8\n",
      'package.json': '{"workspaces": ["none/*"]}',
      'apps/a/package.json': vite,
      'apps/group/b/package.json': vite,
      'apps/old/c/package.json': vite,
      'apps/a/node_modules/x/package.json': vite,
      'apps/a/src/index.html': '',
    });
    assert.deepEqual(apps, ['a apps/a', 'b apps/group/b']);
  });

  it('takes a folder with a tako.toml for an app, under the name it says, even while the file is wrong', async () => {
    const apps = await appsIn({
      'package.json': '{"workspaces": ["*"]}',
      'one/tako.toml': 'name = "first"',
      'two/tako.toml': 'name = 5',
      'three/package.json': '{}',
    });
    assert.deepEqual(apps, ['first one', 'two two']);
  });

  it('takes other languages beside JavaScript by their framework', async () => {
    const apps = await appsIn({
      'package.json': '{"workspaces": ["services/*"]}',
      'services/api/requirements.txt': 'django',
      'services/api/manage.py': '',
      'services/web/requirements.txt': 'fastapi',
      'services/web/main.py': '',
      'services/lib/go.mod': '',
    });
    assert.deepEqual(apps, ['web services/web']);
  });

  it('is empty for a folder that is no workspace', async () => {
    assert.deepEqual(await appsIn({'package.json': vite}), []);
    assert.deepEqual(await appsIn({}), []);
  });

  it('does not leave the root, by a pattern or a link', async () => {
    const outside = await temporaryFolder({'x/package.json': vite});
    const root = await temporaryFolder({'package.json': '{"workspaces": ["../*", "/*", "apps/*"]}', 'apps/': ''});
    await symlink(path.join(outside, 'x'), path.join(root, 'apps/x'));
    assert.deepEqual(await findWorkspaceApps(root), []);
  });
});

describe('findWorkspace', () => {
  it('is found from its root and from its folders, not from folders it leaves out', async () => {
    const root = await temporaryFolder({
      '.git/': '',
      'package.json': '{"workspaces": ["apps/*", "!apps/old"]}',
      'turbo.json': '{}',
      'apps/web/': '',
      'apps/old/': '',
    });
    const rootFor = async (name: string) => (await findWorkspace(path.join(root, name)))?.root;
    assert.equal((await findWorkspace(root))?.usesTurbo, true);
    assert.deepEqual(await Promise.all(['apps/web', 'apps/old', 'apps'].map(rootFor)), [root, undefined, undefined]);
  });

  it('does not take a pnpm-workspace.yaml that only has settings for one', async () => {
    assert.equal(
      await readWorkspace(await temporaryFolder({'pnpm-workspace.yaml': 'onlyBuiltDependencies:\n  - esbuild\n'})),
      undefined,
    );
  });
});

describe('parsePnpmWorkspace', () => {
  it('reads what YAML can be', async () => {
    assert.deepEqual(await parsePnpmWorkspace('packages: ["a", \'b\', 5]'), ['a', 'b']);
    assert.equal(await parsePnpmWorkspace('packages: [a'), undefined);
    assert.equal(await parsePnpmWorkspace('- a'), undefined);
    assert.equal(await parsePnpmWorkspace(''), undefined);
    assert.equal(await parsePnpmWorkspace(undefined), undefined);
  });
});

describe('negated patterns', () => {
  const workspace = (patterns: readonly string[], isPnpm = false): Workspace => ({
    root: '/r',
    patterns,
    isPnpm,
    usesTurbo: false,
  });

  it('are in order, except with pnpm, where what is taken out stays out', () => {
    const patterns = ['!apps/b', 'apps/*', '!apps/a', 'apps/a'];
    assert.equal(isMember(workspace(patterns), '/r/apps/a'), true);
    assert.equal(isMember(workspace(patterns), '/r/apps/b'), true);
    assert.equal(isMember(workspace(patterns, true), '/r/apps/a'), false);
    assert.equal(isMember(workspace(patterns, true), '/r/apps/b'), false);
  });

  it('are found by walking as by asking each folder', async () => {
    const names = ['a', 'b', 'ab', 'node_modules'];
    const folders = names.flatMap(one => [
      one,
      ...names.flatMap(two => [`${one}/${two}`, ...names.map(three => `${one}/${two}/${three}`)]),
    ]);
    const root = await temporaryFolder(Object.fromEntries(folders.map(folder => [`${folder}/`, ''])));
    const random = createRandom(99);
    const pieces = ['a', 'b', '*', '**', 'a*', '{a,b}', '?', '..', '.', '[!a]'];
    let found = 0;
    for (let round = 0; round < 120; round++) {
      const patterns = Array.from({length: 1 + random(3)}, () => {
        const segments = Array.from({length: 1 + random(3)}, () => pieces[random(pieces.length)]);
        return `${random(3) === 0 ? '!' : ''}${segments.join('/')}`;
      });
      const tried = {root, patterns, isPnpm: random(2) === 0, usesTurbo: false};
      const members = await findMembers(tried);
      assert.deepEqual(
        members,
        folders.filter(folder => isMember(tried, path.join(root, folder))).sort(),
        patterns.join(' '),
      );
      found += members.length;
    }
    assert.ok(found > 500, `only ${found} folders`);
  });
});

describe('isServer', () => {
  const npm = (...names: string[]) => ({packages: {...NO_FACTS.packages, npm: names}, files: ['package.json']});

  it('goes by the script, and by the framework where the script does not tell', () => {
    assert.ok(isServer(factsWith({...npm('next'), scripts: {dev: 'next dev'}})));
    assert.ok(isServer(factsWith({...npm('express'), scripts: {dev: './run.sh'}})));
    assert.ok(isServer(factsWith({...npm(), scripts: {start: 'node .'}})));
    assert.ok(!isServer(factsWith({...npm(), scripts: {dev: './run.sh'}})));
    assert.ok(!isServer(factsWith({...npm('express'), scripts: {dev: 'tsc -w', build: 'tsc'}})));
    assert.ok(!isServer(factsWith(npm('vite'))));
    assert.ok(!isServer(factsWith({...npm('next'), scripts: {dev: 'tako dev'}})));
  });
});
