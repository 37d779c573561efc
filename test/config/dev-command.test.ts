import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {decideDevCommand, decidePackageManager} from '../../src/config/dev-command.js';
import type {ProjectFacts} from '../../src/config/project-facts.js';
import {configOf, factsWith, failure, NO_FACTS} from './support.js';

const EVERYTHING = factsWith({
  scripts: {dev: 'vite', start: 'node .'},
  packages: {...NO_FACTS.packages, npm: ['vite']},
  files: ['package.json', 'server.js'],
  denoTasks: ['dev'],
});

const argv = (toml: string, known: ProjectFacts, words?: readonly string[]): string =>
  decideDevCommand(configOf(toml), known, words).argv.join(' ');

describe('decideDevCommand', () => {
  it('takes the words of the command line before all else', () => {
    assert.equal(argv('dev = ["a"]', EVERYTHING, ['bun', 'x.ts']), 'bun x.ts');
    assert.equal(argv('dev = ["a"]\npreset = "vite"', EVERYTHING, []), 'a');
  });

  it('takes dev, then start, of the scripts through the package manager', () => {
    assert.equal(argv('', EVERYTHING), 'npm run dev');
    assert.equal(argv('', factsWith({scripts: {start: 'node .'}, lockfile: 'pnpm'})), 'pnpm run start');
    assert.equal(argv('runtime = "deno"', EVERYTHING), 'deno task dev');
  });

  it('takes what is left: the command of the framework, a task of Deno, then a file that looks like an entry', () => {
    const {scripts: _, ...rest} = EVERYTHING;
    assert.equal(argv('', factsWith(rest)), 'sh -c exec vite --port "$PORT"');
    assert.equal(argv('', factsWith({denoTasks: ['dev', 'build'], files: ['server.js']})), 'deno task dev');
    assert.equal(argv('', factsWith({files: ['server.js']})), 'node server.js');
  });

  it('takes the preset before the scripts, and what the preset lacks from them', () => {
    assert.equal(argv('preset = "astro"', EVERYTHING), 'sh -c exec astro dev --port "$PORT"');
    assert.equal(argv('preset = "express"', EVERYTHING), 'npm run dev');
    assert.equal(argv('preset = "astro"\ndev = "x"', EVERYTHING), 'sh -c x');
  });

  it('takes the scripts that a framework names', () => {
    const scripts = {start: 'nest start', 'start:dev': 'nest start --watch'};
    assert.equal(
      argv('', factsWith({scripts, packages: {...NO_FACTS.packages, npm: ['@nestjs/core']}})),
      'npm run start:dev',
    );
    assert.equal(argv('', factsWith({scripts: {serve: 'node x.js'}})), 'npm run serve');
  });

  it('gives a script the words its framework needs, as its package manager takes them', () => {
    const run = (script: string, more: Partial<ProjectFacts> = {}, range = '^5.2.0') => {
      const devDependencies = {'webpack-dev-server': range};
      const packages = {...NO_FACTS.packages, npm: ['webpack-dev-server']};
      return argv('', factsWith({scripts: {dev: script}, devDependencies, packages, ...more}));
    };
    const words = '--client-web-socket-url auto://0.0.0.0:0/ws';
    assert.equal(run('webpack serve'), `npm run dev -- ${words}`);
    assert.equal(run('tsc && NODE_ENV=development webpack  serve --open'), `npm run dev -- ${words}`);
    assert.equal(run('webpack-dev-server', {lockfile: 'pnpm'}), `pnpm run dev ${words}`);
    assert.equal(run('webpack serve', {}, 'latest'), `npm run dev -- ${words}`);
    assert.equal(run('webpack serve', {}, '~3.11.0'), 'npm run dev');
    assert.equal(run('webpack serve & node api.js'), 'npm run dev');
    assert.equal(run('node dev-server.js'), 'npm run dev');
    assert.equal(run('concurrently "webpack serve" "node api.js"'), 'npm run dev');
  });

  it('says where the command comes from', () => {
    assert.equal(decideDevCommand(configOf(''), EVERYTHING).origin, 'scripts.dev in package.json');
  });

  it('skips a script that would start tako again', () => {
    assert.equal(argv('', factsWith({scripts: {dev: 'npx tako dev', start: 'node .'}})), 'npm run start');
    assert.equal(argv('', factsWith({scripts: {dev: 'tako generate && vite dev'}})), 'npm run dev');
  });

  it('skips a script that starts tako through another one', () => {
    const scripts = {dev: 'npm run https', https: 'tako dev', serve: 'node x.js'};
    assert.equal(argv('', factsWith({scripts})), 'npm run serve');
  });

  it('keeps descriptors open for an app that speaks the contract, unless scripts around its script are to run', () => {
    const dependencies = {'tako.sh': '*'};
    assert.equal(argv('', factsWith({scripts: {dev: 'vite dev'}, dependencies})), 'sh -c vite dev');
    assert.equal(argv('ready = "fd"', factsWith({scripts: {dev: 'vite dev'}})), 'sh -c vite dev');
    assert.equal(argv('', factsWith({scripts: {dev: 'vite dev', predev: 'x'}, dependencies})), 'npm run dev');
  });

  it('keeps the text of what runs in the end', () => {
    const {text} = decideDevCommand(configOf(''), factsWith({scripts: {dev: 'yarn web', web: 'next dev'}}));
    assert.equal(text, 'yarn web && next dev');
    assert.equal(decideDevCommand(configOf('dev = "air -d"'), NO_FACTS).text, 'air -d');
  });

  it('says what to write when there is nothing', async () => {
    const error = await failure(() => argv('', factsWith({malformed: ['package.json']})));
    assert.equal(error.code, 'NO_DEV_COMMAND');
    assert.match(error.hint ?? '', /dev = \[/);
    assert.deepEqual(error.details, ['package.json was skipped: it cannot be read']);
  });

  it('says what it found where that was not enough', async () => {
    const files = ['go.mod', 'cmd/api', 'cmd/worker'];
    const error = await failure(() => argv('', factsWith({files, scripts: {lint: 'x', test: 'y'}})));
    assert.deepEqual(error.details, [
      'it looks like Go, but no file looks like its entry',
      'scripts in package.json: lint, test',
      'a program: tako dev go run ./cmd/api',
      'a program: tako dev go run ./cmd/worker',
    ]);
  });
});

describe('main of tako.toml', () => {
  const run = (toml: string, some: Partial<ProjectFacts> = {}): string => argv(toml, factsWith(some));

  it('is run by what its extension asks for', () => {
    assert.equal(run('main = "lib/x.js"'), 'node lib/x.js');
    assert.equal(run('main = "src/index.ts"'), 'node --experimental-strip-types src/index.ts');
    assert.equal(run('main = "api/main.py"', {python: ['uv', 'run', 'python']}), 'uv run python -u api/main.py');
    assert.equal(run('main = "cmd/api/main.go"'), 'go run ./cmd/api');
    assert.equal(run('main = "app.rb"'), 'ruby app.rb');
    assert.equal(run('main = "it is.php"'), `sh -c exec php -S 127.0.0.1:"$PORT" 'it is.php'`);
  });

  it('is run by the runtime of tako.toml, or of the project', () => {
    assert.equal(run('main = "x.ts"\nruntime = "bun"'), 'bun x.ts');
    assert.equal(run('main = "x.ts"\nruntime = "deno"'), 'deno run -A x.ts');
    assert.equal(run('main = "x.ts"', {lockfile: 'bun'}), 'bun x.ts');
    assert.equal(run('main = "x.ts"', {packages: {...NO_FACTS.packages, npm: ['tsx']}}), 'tsx x.ts');
  });

  it('goes into the command of a framework that wants it', () => {
    const packages = {...NO_FACTS.packages, python: ['flask']};
    assert.match(run('main = "web/site.py"', {packages, files: ['app.py']}), /--app web\.site run/);
  });

  it('is started by the program of the package tako.sh, when it is an app of that', () => {
    const launchers = {node: '/p/node-server.mjs', bun: '/p/bun-server.mjs', deno: '/p/deno-server.mjs'};
    const dependencies = {'tako.sh': '*'};
    const flag = '--experimental-strip-types';
    assert.equal(
      run('main = "src/index.ts"', {launchers, dependencies}),
      `node ${flag} /p/node-server.mjs src/index.ts`,
    );
    assert.equal(run('runtime = "bun"', {launchers, dependencies, main: 'a.ts'}), 'bun run /p/bun-server.mjs a.ts');
    assert.equal(
      run('runtime = "deno"', {launchers, dependencies, main: 'a.ts'}),
      'deno run -A /p/deno-server.mjs a.ts',
    );
    assert.equal(run('main = "src/index.ts"', {launchers}), `node ${flag} src/index.ts`);
  });

  it('needs no flag that Node 20 does not know when it is JavaScript', () => {
    const launchers = {node: '/p/node-server.mjs', bun: undefined, deno: undefined};
    assert.equal(run('main = "a.mjs"', {launchers, dependencies: {'tako.sh': '*'}}), 'node /p/node-server.mjs a.mjs');
  });
});

describe('decidePackageManager', () => {
  it('goes by tako.toml, then package.json, then the lockfile, then the runtime, then npm', () => {
    const decide = (toml: string, some: Partial<ProjectFacts>) => decidePackageManager(configOf(toml), factsWith(some));
    const all = {packageManager: 'yarn@4.1.0+sha512.abc', lockfile: 'bun'};
    assert.equal(decide('package_manager = "pnpm@9"', all), 'pnpm');
    assert.equal(decide('runtime = "bun"', all), 'yarn');
    assert.equal(decide('', {packageManager: '@@', lockfile: 'bun'}), 'bun');
    assert.equal(decide('runtime = "bun"', {}), 'bun');
    assert.equal(decide('runtime = "node"', {}), 'npm');
  });
});
