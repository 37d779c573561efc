import assert from 'node:assert/strict';
import {mkdir, mkdtemp, realpath, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {Config} from '../../src/config/config.js';
import {parseConfig} from '../../src/config/parse-config.js';
import {renderProblem} from '../../src/config/problem.js';
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
