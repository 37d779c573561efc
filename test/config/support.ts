import assert from 'node:assert/strict';
import {mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {Config} from '../../src/config/config.js';
import {parseConfig} from '../../src/config/parse-config.js';
import {renderProblem} from '../../src/config/problem.js';
import type {ProjectFacts} from '../../src/config/project-facts.js';
import {TakoError} from '../../src/system/error.js';

/** The config of a text that must be valid. */
export function configOf(text: string): Config {
  const parsed = parseConfig(text, 'tako.toml');
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(renderProblem).join('\n'));
  return parsed.value;
}

/** The problems of a text that must not be valid, as the user sees them. */
export function problemsOf(text: string): readonly string[] {
  const parsed = parseConfig(text, 'tako.toml');
  assert.ok(!parsed.ok, 'expected problems');
  return parsed.problems.map(renderProblem);
}

export function warningsOf(text: string): readonly string[] {
  const parsed = parseConfig(text, 'tako.toml');
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problems.map(renderProblem).join('\n'));
  return parsed.warnings.map(renderProblem);
}

/** A folder with these files (a name ending in `/` is a folder), gone when the test is over. */
export async function temporaryFolder(files: Readonly<Record<string, string>> = {}): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'tako-config-')));
  onTestFinished(() => rm(folder, {recursive: true, force: true}));
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(name.endsWith('/') ? file : path.dirname(file), {recursive: true});
    if (!name.endsWith('/')) await writeFile(file, content);
  }
  return folder;
}

/** The TakoError of an action that must fail with it. */
export async function failure(action: () => unknown): Promise<TakoError> {
  try {
    await action();
  } catch (error) {
    assert.ok(error instanceof TakoError, String(error));
    return error;
  }
  return assert.fail('expected a TakoError');
}

/** What is known of a project in which nothing is. */
export const NO_FACTS: ProjectFacts = {
  scripts: {},
  packageManager: undefined,
  lockfile: undefined,
  dependencies: {},
  devDependencies: {},
  main: undefined,
  packages: {npm: [], python: [], gem: [], cargo: [], composer: [], hex: [], java: []},
  files: [],
  denoTasks: [],
  python: ['python3'],
  viteVersion: undefined,
  launchers: {node: undefined, bun: undefined, deno: undefined},
  malformed: [],
};

export const factsWith = (some: Partial<ProjectFacts>): ProjectFacts => ({...NO_FACTS, ...some});

/** A package.json's text. */
export const packageJson = (content: {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly uses?: readonly string[];
  readonly [key: string]: unknown;
}): string => {
  const {uses = [], ...rest} = content;
  return JSON.stringify({dependencies: Object.fromEntries(uses.map(name => [name, '*'])), ...rest});
};

/** Numbers below `limit`, the same on every run. */
export function createRandom(seed: number): (limit: number) => number {
  let state = seed;
  return limit => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * limit);
  };
}
