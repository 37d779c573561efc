import assert from 'node:assert/strict';
import {symlink} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {readProjectFacts} from '../../src/config/project-facts.js';
import {NO_FACTS, packageJson, temporaryFolder} from './support.js';

describe('readProjectFacts', () => {
  it('finds nothing in an empty folder', async () => {
    const facts = await readProjectFacts(await temporaryFolder({'.git/': ''}));
    assert.deepEqual(facts, {...NO_FACTS, files: ['.git']});
  });

  it('reads scripts and package manager, and skips what is not text', async () => {
    const text = '{"packageManager": "pnpm@9.1.0", "scripts": {"dev": "vite", "test": 5}}';
    const facts = await readProjectFacts(
      await temporaryFolder({'package.json': text, 'src/index.ts': '', 'src/deep/x.ts': ''}),
    );
    assert.deepEqual({...facts.scripts}, {dev: 'vite'});
    assert.equal(facts.packageManager, 'pnpm@9.1.0');
    assert.deepEqual(facts.files, ['package.json', 'src', 'src/deep', 'src/index.ts']);
  });

  it('takes the nearest lockfile of the repository', async () => {
    const folder = await temporaryFolder({
      'package-lock.json': '',
      'repo/.git/': '',
      'repo/pnpm-lock.yaml': '',
      'repo/near/yarn.lock': '',
      'repo/far/app/': '',
      'other/.git/': '',
    });
    const lockfile = async (name: string) => (await readProjectFacts(path.join(folder, name))).lockfile;
    assert.equal(await lockfile('repo/near'), 'yarn');
    assert.equal(await lockfile('repo/far/app'), 'pnpm');
    assert.equal(await lockfile('other'), undefined);
  });

  it('reads the tasks of a deno.json with comments', async () => {
    const deno = '{\n // tasks\n "tasks": {"dev": "deno run // x, ]", /* old */ "build": {"command": "x"},},\n}';
    const facts = await readProjectFacts(await temporaryFolder({'deno.jsonc': deno}));
    assert.deepEqual(facts.denoTasks, ['dev', 'build']);
  });

  it('names files that are not what they should be', async () => {
    const facts = await readProjectFacts(await temporaryFolder({'package.json': '{,}', 'deno.json': '[]'}));
    assert.deepEqual(facts.malformed, ['package.json', 'deno.json']);
  });

  it('reads dependencies, and main only while that file is there', async () => {
    const text = packageJson({uses: ['vite'], devDependencies: {tsx: '^4'}, main: './lib/x.js'});
    const facts = await readProjectFacts(await temporaryFolder({'package.json': text, 'lib/x.js': ''}));
    assert.deepEqual({...facts.devDependencies}, {tsx: '^4'});
    assert.deepEqual(facts.packages.npm, ['vite', 'tsx']);
    assert.equal(facts.main, './lib/x.js');
    assert.equal((await readProjectFacts(await temporaryFolder({'package.json': text}))).main, undefined);
  });

  it('reads the packages of other languages', async () => {
    const {packages, malformed} = await readProjectFacts(
      await temporaryFolder({
        'requirements.txt': '# x\n-r base.txt\nDjango>=5 ; python_version > "3"\nuvicorn[standard]\nhttps://x/y.whl\n',
        'pyproject.toml':
          '[project]\ndependencies = ["Flask ~= 3"]\n[dependency-groups]\ndev = ["Pytest_Cov"]\n[tool.poetry.dependencies]\nfastapi = "*"',
        Gemfile: "gem('rails', '8')\n# gem 'sinatra'\n  gem \"puma\"",
        'Cargo.toml': '[dependencies]\naxum = {version = "0.8"}',
        'composer.json': '{"require": {"php": "8"}, "require-dev": {"phpunit/phpunit": "*"}}',
        'mix.exs': '{:phoenix, "~> 1.8"}, {:ecto_sql, "~> 3"}',
        'build.gradle': "plugins { id 'org.springframework.boot' version '3' }\nimplementation 'com.x:y:1'",
      }),
    );
    assert.deepEqual(malformed, []);
    assert.deepEqual(packages, {
      npm: [],
      python: ['django', 'uvicorn', 'flask', 'pytest-cov', 'fastapi'],
      gem: ['rails', 'puma'],
      cargo: ['axum'],
      composer: ['php', 'phpunit/phpunit'],
      hex: ['phoenix', 'ecto_sql'],
      java: ['org.springframework.boot', 'com.x'],
    });
  });

  it('names files of other languages that cannot be read', async () => {
    const facts = await readProjectFacts(await temporaryFolder({'pyproject.toml': '[', 'composer.json': 'x'}));
    assert.deepEqual(facts.malformed, ['pyproject.toml', 'composer.json']);
  });

  it('finds the Python of the project', async () => {
    const python = async (files: Record<string, string>) =>
      (await readProjectFacts(await temporaryFolder(files))).python.join(' ');
    assert.equal(await python({'.venv/bin/python': '', 'uv.lock': ''}), './.venv/bin/python');
    assert.equal(await python({'uv.lock': ''}), 'uv run python');
    assert.equal(await python({'poetry.lock': ''}), 'poetry run python');
    assert.equal(await python({}), 'python3');
  });

  it("finds Vite's version where Node would: hoisted, and in pnpm's folders", async () => {
    const vite = '{"name": "vite", "version": "7.3.8"}';
    const folder = await temporaryFolder({
      'hoisted/.git/': '',
      'hoisted/node_modules/vite/package.json': vite,
      'hoisted/apps/web/package.json': packageJson({uses: ['vite']}),
      'pnpm/package.json': packageJson({uses: ['astro']}),
      'pnpm/node_modules/.pnpm/astro@5/node_modules/astro/package.json': '{}',
      'pnpm/node_modules/.pnpm/astro@5/node_modules/vite/package.json': vite,
      'none/package.json': packageJson({uses: ['express']}),
      'none/node_modules/vite/package.json': vite,
    });
    const link = path.join(folder, 'pnpm/node_modules/astro');
    await symlink(path.join(folder, 'pnpm/node_modules/.pnpm/astro@5/node_modules/astro'), link);
    const version = async (name: string) => (await readProjectFacts(path.join(folder, name))).viteVersion;
    assert.equal(await version('hoisted/apps/web'), '7.3.8');
    assert.equal(await version('pnpm'), '7.3.8');
    assert.equal(await version('none'), undefined);
  });

  it('finds the programs of the package tako.sh, also hoisted, for a project that runs with it', async () => {
    const folder = await temporaryFolder({
      '.git/': '',
      'node_modules/tako.sh/dist/entrypoints/node-server.mjs': '',
      'node_modules/tako.sh/dist/entrypoints/bun-server.mjs': '',
      'node_modules/tako.sh/dist/sdk/entrypoints/bun-server.mjs': '',
      'apps/web/package.json': packageJson({uses: ['tako.sh']}),
      'apps/cli/package.json': packageJson({uses: [], devDependencies: {'tako.sh': '*'}}),
    });
    const launchers = async (name: string) => (await readProjectFacts(path.join(folder, name))).launchers;
    assert.deepEqual(await launchers('apps/web'), {
      node: path.join(folder, 'node_modules/tako.sh/dist/entrypoints/node-server.mjs'),
      bun: path.join(folder, 'node_modules/tako.sh/dist/sdk/entrypoints/bun-server.mjs'),
      deno: undefined,
    });
    assert.deepEqual(await launchers('apps/cli'), {node: undefined, bun: undefined, deno: undefined});
  });
});
