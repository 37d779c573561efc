import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {decideDevCommand, decidePackageManager} from '../../src/config/dev-command.js';
import type {ProjectFacts} from '../../src/config/project-facts.js';
import {configOf, failure} from './support.js';

const NO_FACTS: ProjectFacts = {
  scripts: {},
  packageManager: undefined,
  lockfile: undefined,
  hasGoMod: false,
  denoTasks: [],
  hasManagePy: false,
  malformed: [],
};

const facts = (some: Partial<ProjectFacts>): ProjectFacts => ({...NO_FACTS, ...some});
const EVERYTHING = facts({scripts: {dev: 'vite', start: 'node .'}, hasGoMod: true, denoTasks: ['dev']});

const argv = (toml: string, known: ProjectFacts, words?: readonly string[]): string =>
  decideDevCommand(configOf(toml), known, words).argv.join(' ');

describe('decideDevCommand', () => {
  it('takes the words of the command line before all else', () => {
    assert.equal(argv('dev = ["a"]', EVERYTHING, ['bun', 'x.ts']), 'bun x.ts');
    assert.equal(argv('dev = ["a"]\npreset = "vite"', EVERYTHING, []), 'a');
  });

  it('takes dev, then start, of the scripts through the package manager', () => {
    assert.equal(argv('', EVERYTHING), 'npm run dev');
    assert.equal(argv('', facts({scripts: {start: 'node .'}, lockfile: 'pnpm'})), 'pnpm run start');
    assert.equal(argv('runtime = "deno"', EVERYTHING), 'deno task dev');
  });

  it('takes go and deno where there are no scripts', () => {
    assert.equal(argv('', facts({hasGoMod: true, denoTasks: ['dev']})), 'go run .');
    assert.equal(argv('', facts({denoTasks: ['dev', 'build']})), 'deno task dev');
  });

  it('says where the command comes from', () => {
    assert.equal(decideDevCommand(configOf(''), EVERYTHING).origin, 'scripts.dev in package.json');
  });

  it('skips a script that would start tako again', () => {
    assert.equal(argv('', facts({scripts: {dev: 'npx tako dev', start: 'node .'}})), 'npm run start');
    assert.equal(argv('', facts({scripts: {dev: 'tako generate && vite dev'}})), 'npm run dev');
  });

  it('refuses a preset, whatever else there is', async () => {
    const error = await failure(() => argv('preset = "vite"', EVERYTHING));
    assert.equal(error.code, 'PRESET_NOT_AVAILABLE');
    assert.match(error.hint ?? '', /dev = \[/);
  });

  it('refuses a main that nothing else starts', async () => {
    const error = await failure(() => argv('main = "src/index.ts"', NO_FACTS));
    assert.equal(error.code, 'MAIN_NEEDS_LAUNCHER');
    assert.match(error.hint ?? '', /dev = /);
    assert.equal(argv('main = "src/index.ts"', EVERYTHING), 'npm run dev');
  });

  it('says what to write when there is nothing', async () => {
    const error = await failure(() => argv('', facts({hasManagePy: true, malformed: ['package.json']})));
    assert.equal(error.code, 'NO_DEV_COMMAND');
    assert.match(error.hint ?? '', /manage\.py/);
    assert.deepEqual(error.details, ['package.json was skipped: it is not valid JSON']);
  });
});

describe('decidePackageManager', () => {
  it('goes by tako.toml, then package.json, then the lockfile, then the runtime, then npm', () => {
    const decide = (toml: string, some: Partial<ProjectFacts>) => decidePackageManager(configOf(toml), facts(some));
    const all = {packageManager: 'yarn@4.1.0+sha512.abc', lockfile: 'bun'};
    assert.equal(decide('package_manager = "pnpm@9"', all), 'pnpm');
    assert.equal(decide('runtime = "bun"', all), 'yarn');
    assert.equal(decide('', {packageManager: '@@', lockfile: 'bun'}), 'bun');
    assert.equal(decide('runtime = "bun"', {}), 'bun');
    assert.equal(decide('runtime = "node"', {}), 'npm');
  });
});
