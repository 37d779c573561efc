import {TakoError} from '../system/error.js';
import {nearest} from '../system/suggestion.js';
import type {KeyPath, Position} from './toml.js';

/** Something wrong (or, as a warning, odd) in a file, with its place. */
export type ConfigProblem = {
  readonly file: string;
  /** Counted from 1, as is `column`. */
  readonly line: number;
  readonly column: number;
  /** Dotted, as in `envs.production.route`; empty when the text is not TOML at all. */
  readonly key: string;
  /** What was expected and what was found. */
  readonly message: string;
  /** The known key a mistyped one was probably meant to be. */
  readonly suggestion?: string;
};

/** A problem before it has a place in a file. `knownKeys` are those that an unknown key could have been. */
export type Finding = {readonly path: KeyPath; readonly message: string; readonly knownKeys?: readonly string[]};

/** One line: `tako.toml:12:3 envs.production.rout: unknown key, did you mean "route"?` */
export function renderProblem({file, line, column, key, message, suggestion}: ConfigProblem): string {
  const place = `${file}:${line}:${column}`;
  const question = suggestion === undefined ? '' : `, did you mean "${suggestion}"?`;
  return `${key === '' ? place : `${place} ${key}`}: ${message}${question}`;
}

/** What is thrown for a file with problems: each is a line of the details. */
export function invalidFile(file: string, problems: readonly ConfigProblem[]): TakoError {
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new TakoError('CONFIG_INVALID', `${file} has ${count}`, {details: problems.map(renderProblem)});
}

/** Gives findings their place, in the order of the file. */
export function locateFindings(
  findings: readonly Finding[],
  file: string,
  locate: (path: KeyPath) => Position,
): readonly ConfigProblem[] {
  return findings
    .map(({path, message, knownKeys = []}) => {
      const suggestion = nearest(String(path.at(-1) ?? ''), knownKeys);
      const problem = {file, ...locate(path), key: renderKey(path), message};
      return suggestion === undefined ? problem : {...problem, suggestion};
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

/** `build_stages[0].run`; a name that is not a bare key of TOML is quoted. */
export function renderKey(path: KeyPath): string {
  return path.map(renderStep).join('').replace(/^\./, '');
}

function renderStep(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`;
  return /^[\w-]+$/.test(step) ? `.${step}` : `.${JSON.stringify(step)}`;
}
