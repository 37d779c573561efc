import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {requirePlan} from '../../../src/prod/deploy/plan.js';
import {failure, packageJson} from '../../config/support.js';
import {codesOf, type Files, planned, planning, projectWith, takoToml} from './support.js';

const installed = (name: string, bin: Readonly<Record<string, string>>): Files => ({
  [`node_modules/${name}/package.json`]: JSON.stringify({name, bin}),
});
const LOCK: Files = {'package-lock.json': '{}', 'node_modules/.keep': ''};

const project = (files: Files, toml = takoToml()) => projectWith({'tako.toml': toml, ...LOCK, ...files});

async function decided(files: Files, toml = takoToml()) {
  const {plan, command} = await planned(await project(files, toml));
  return {
    build: plan.build.map(({line}) => line).join(' / '),
    start: plan.start?.command.join(' '),
    assets: plan.assets.join(' '),
    fallback: plan.fallback,
    needsPackages: command.needsPackages,
    variables: plan.variables,
  };
}

const refused = async (files: Files, toml = takoToml()) => {
  const result = await planning(await project(files, toml));
  assert.ok(!result.ok, 'expected a problem');
  return result.problems[0];
};

describe('decideProductionCommand: frameworks', () => {
  it('runs Next by its own program, without npm', async () => {
    const next = {
      'package.json': packageJson({uses: ['next'], scripts: {build: 'next build', start: 'next start -p 3000'}}),
      ...installed('next', {next: './dist/bin/next'}),
    };
    const {build, start, assets} = await decided(next);
    assert.deepEqual([build, assets], ['npm run build', 'public']);
    assert.equal(start, 'node node_modules/next/dist/bin/next start -H localhost');
  });

  it('prefers a server of the project to the one of the framework', async () => {
    const files = {
      'package.json': packageJson({uses: ['next'], scripts: {start: 'NODE_ENV=production PORT=80 node server.js'}}),
      'server.js': '',
    };
    const {start, variables} = await decided(files);
    assert.equal(start, 'node server.js');
    assert.deepEqual(variables, {NODE_ENV: 'production', ENV: 'production'});
  });

  it('runs the server that Next builds where its settings say so, and lets it listen here only', async () => {
    const files = {
      'package.json': packageJson({uses: ['next'], scripts: {build: 'next build', start: 'next start'}}),
      ...installed('next', {next: './dist/bin/next'}),
    };
    const {start, needsPackages, variables} = await decided({
      ...files,
      'next.config.ts': 'export default {output: "standalone"};',
    });
    assert.deepEqual([start, needsPackages], ['node .next/standalone/server.js', false]);
    assert.equal(variables.HOSTNAME, 'localhost');
    const other = await decided({
      ...files,
      'next.config.mjs': "export default {\n  // output: 'standalone',\n  output: 'export-not'};",
    });
    assert.equal(other.start, 'node node_modules/next/dist/bin/next start -H localhost');
  });

  it.each([
    ['an import', `import {withTako} from 'tako.sh/next';\nexport default withTako({});`, true],
    ['the other name', `const {withTako} = await import("tako.sh/nextjs");`, true],
    ['a comment', `// import {withTako} from 'tako.sh/next';\nexport default {};`, false],
    [
      'an app of files alone',
      `import {withTako} from 'tako.sh/next';\nexport default withTako({output: 'export'});`,
      false,
    ],
  ])('runs the entry of the adapter where the settings of Next have %s', async (_, settings, isRun) => {
    const {start, needsPackages, variables, assets} = await decided({
      'package.json': packageJson({uses: ['next', 'tako.sh'], scripts: {build: 'next build'}}),
      ...installed('next', {next: './dist/bin/next'}),
      'next.config.ts': settings,
    });
    assert.equal(start === 'node .next/standalone/tako-entry.mjs', isRun, start);
    assert.deepEqual([needsPackages, assets], [!isRun, 'public']);
    assert.equal('HOSTNAME' in variables, false);
  });

  it('serves the pages that are built beside a server, and never the server', async () => {
    const uses = ['vite', 'tako.sh'];
    const start = 'node dist/server/tako-entry.mjs';
    const beside = await decided({'package.json': packageJson({uses, scripts: {build: 'vite build', start}})});
    assert.deepEqual([beside.start, beside.assets], [start, 'dist/client']);
    const alone = await decided({'package.json': packageJson({uses, scripts: {build: 'vite build'}})});
    assert.deepEqual([alone.start, alone.assets], [undefined, 'dist']);
  });

  it('asks for no packages where the build has put them beside the server', async () => {
    const files = {'package.json': packageJson({uses: ['next'], scripts: {start: 'node .next/standalone/server.js'}})};
    const {start, needsPackages} = await decided(files);
    assert.deepEqual([start, needsPackages], ['node .next/standalone/server.js', false]);
  });

  it.each([
    ['nuxt', ['nuxt'], 'node .output/server/index.mjs', '.output/public', false],
    ['astro with node', ['astro', '@astrojs/node'], 'node dist/server/entry.mjs', 'dist/client', true],
    ['astro', ['astro'], undefined, 'dist', false],
    ['sveltekit with node', ['@sveltejs/kit', '@sveltejs/adapter-node'], 'node build', 'build/client', true],
    ['sveltekit static', ['@sveltejs/kit', '@sveltejs/adapter-static'], undefined, 'build', false],
    ['vite', ['vite', 'react'], undefined, 'dist', false],
    ['angular', ['@angular/cli'], undefined, 'dist/*/browser', false],
    ['create-react-app', ['react-scripts'], undefined, 'build', false],
    ['gatsby', ['gatsby'], undefined, 'public', false],
  ])('knows what a release of %s is', async (_, uses, start, assets, needsPackages) => {
    const found = await decided({'package.json': packageJson({uses, scripts: {start: 'vite'}})});
    assert.deepEqual([found.start, found.assets, found.needsPackages], [start, assets, needsPackages]);
  });

  it('gives a fallback to apps whose pages are made in the browser, and to no other', async () => {
    const fallback = async (...uses: string[]) => (await decided({'package.json': packageJson({uses})})).fallback;
    assert.equal(await fallback('vite', 'react'), null);
    assert.equal(await fallback('vite', 'react', 'react-router'), 'index.html');
    assert.equal(await fallback('@angular/cli'), 'index.html');
    const vite = {'package.json': packageJson({uses: ['vite']})};
    assert.equal((await decided(vite, takoToml('fallback = "app.html"'))).fallback, 'app.html');
    assert.equal((await decided(vite, takoToml('fallback = "app.html"', 'fallback = ""'))).fallback, null);
  });

  it('refuses what is made for another host, and says what to use', async () => {
    const problem = await refused({'package.json': packageJson({uses: ['@sveltejs/kit', '@sveltejs/adapter-auto']})});
    assert.equal(problem?.code, 'NOT_DEPLOYABLE');
    assert.match(problem?.hint ?? '', /adapter-node/);
  });

  it('takes the project itself for the assets of a page without a build', async () => {
    assert.equal((await decided({'index.html': ''})).assets, '.');
    assert.equal((await decided({'public/index.html': ''})).assets, 'public');
  });

  it('compiles Go, and starts what was compiled', async () => {
    const {build, start} = await decided({'go.mod': 'module x', 'main.go': ''});
    assert.deepEqual([build, start], ['go build -o app .', './app']);
  });
});

describe('decideProductionCommand: servers of the project', () => {
  const express = (scripts: Readonly<Record<string, string>>, more: object = {}) =>
    packageJson({uses: ['express'], scripts, ...more});

  it.each([
    ['node server.js', 'node server.js'],
    ['npm run serve', 'node lib/main.js --x'],
    ['cross-env NODE_ENV=production node .', 'node .'],
    ['node migrate.js && node server.js', 'sh -c node migrate.js && node server.js'],
    ['./bin/server --fast', './bin/server --fast'],
  ])('resolves the script "%s"', async (script, expected) => {
    const {start} = await decided({'package.json': express({start: script, serve: 'node lib/main.js --x'})});
    assert.equal(start, expected);
  });

  it('finds the program of a package that is a dependency, and refuses one that only development has', async () => {
    const files = {'src/index.ts': '', ...installed('tsx', {tsx: './dist/cli.mjs'})};
    const has = await decided({'package.json': express({}, {dependencies: {express: '1', tsx: '4'}}), ...files});
    assert.equal(has.start, 'node node_modules/tsx/dist/cli.mjs src/index.ts');
    const lacks = {'package.json': express({}, {devDependencies: {tsx: '4'}}), ...files};
    assert.equal((await refused(lacks))?.code, 'START_NEEDS_PACKAGE');
  });

  it('runs a compiled program of a package by itself', async () => {
    const files = {
      'package.json': express({start: 'fast serve'}, {dependencies: {fast: '1'}}),
      ...installed('fast', {fast: 'bin/fast'}),
      'node_modules/fast/bin/fast': '\x7fELF',
    };
    assert.equal((await decided(files)).start, './node_modules/fast/bin/fast serve');
  });

  it.each([
    'nodemon server.js',
    'tsx watch src/index.ts',
    'npm run missing',
    'pm2 start x',
    'npm run build && npm run x',
  ])('refuses the script "%s", and says what to write', async script => {
    const problem = await refused({'package.json': express({start: script, x: 'node x', build: 'tsc'})});
    assert.equal(problem?.code, 'START_UNRESOLVED');
    assert.match(problem?.hint ?? '', /start = \["node", "server\.js"\]/);
  });

  it('refuses a script that calls itself', async () => {
    assert.equal((await refused({'package.json': express({start: 'npm start'})}))?.code, 'START_UNRESOLVED');
  });

  it('leaves to Bun what it runs, unless that is a script', async () => {
    const files = {'package.json': packageJson({scripts: {serve: 'bun server.ts --quiet'}}), 'server.ts': ''};
    const startOf = async (command: string) => (await decided(files, takoToml(`start = "${command}"`))).start;
    assert.equal(await startOf('bun server.ts'), 'bun server.ts');
    assert.equal(await startOf('bun run server.ts'), 'bun run server.ts');
    assert.equal(await startOf('bun run serve'), 'bun server.ts --quiet');
  });

  it('takes main, and the files that are usually the entry, where there is no script', async () => {
    assert.equal((await decided({'package.json': express({}, {main: 'x.cjs'}), 'x.cjs': ''})).start, 'node x.cjs');
    assert.equal((await decided({'server.js': ''})).start, 'node server.js');
  });

  it('goes by start of tako.toml before all else', async () => {
    const files = {'package.json': express({start: 'node a.js'})};
    assert.equal((await decided(files, takoToml('start = ["node", "b.js"]'))).start, 'node b.js');
    assert.equal((await decided(files, takoToml('start = "B=2 node b.js"'))).variables.B, '2');
  });

  it('says so where there is nothing to start', async () => {
    const result = await planning(await projectWith({'tako.toml': takoToml()}));
    assert.deepEqual(codesOf(result), ['NO_START_COMMAND']);
    assert.equal((await failure(() => requirePlan(result))).code, 'NO_START_COMMAND');
  });
});

describe('decideBuildSteps', () => {
  const files = {'package.json': packageJson({scripts: {build: 'tsc', start: 'node x'}}), 'pnpm-lock.yaml': ''};

  it('takes stages, then build, then the script, then the profile', async () => {
    assert.equal((await decided(files)).build, 'pnpm run build');
    assert.equal((await decided(files, takoToml('[build]\nrun = "make"\ninstall = "npm ci"'))).build, 'npm ci / make');
    assert.equal(
      (await decided(files, takoToml('build_stages = [{run = "a"}, {run = "b", install = "c"}]'))).build,
      'a / c / b',
    );
    const vite = {'package.json': packageJson({uses: ['vite']})};
    assert.equal((await decided(vite)).build, 'vite build');
  });

  it('builds what the app needs of its workspace before it, and nothing else', async () => {
    const directory = await projectWith({
      'package.json': '{"workspaces": ["apps/*", "packages/*"]}',
      ...LOCK,
      'apps/web/tako.toml': takoToml(),
      'apps/web/package.json': packageJson({uses: ['@acme/ui'], scripts: {build: 'x', start: 'node x'}}),
      'packages/ui/package.json': packageJson({name: '@acme/ui', uses: ['@acme/base'], scripts: {build: 'x'}}),
      'packages/base/package.json': packageJson({name: '@acme/base', scripts: {build: 'x'}}),
      'packages/other/package.json': packageJson({name: '@acme/other', scripts: {build: 'x'}}),
    });
    const {plan} = await planned(`${directory}/apps/web`);
    assert.deepEqual(
      plan.build.map(step => step.directory),
      ['packages/base', 'packages/ui', 'apps/web'],
    );
    assert.equal(plan.root, directory);
  });
});
