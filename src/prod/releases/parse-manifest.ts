import {renderKey} from '../../config/problem.js';
import {TakoError} from '../../system/error.js';
import type {Manifest} from './manifest.js';
import {manifestBytes} from './manifest-bytes.js';
import {allFolders, findEntryProblems} from './manifest-entries.js';
import {MANIFEST_SCHEMA} from './manifest-schema.js';

/** 200,000 entries of 160 bytes are 32 MB; twice that for long paths. It is held in memory as a whole. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** Of a manifest with a thousand problems the first ones tell enough. */
const MAX_PROBLEMS = 100;

/**
 * The only door into `Manifest`. Past it every path stays inside the release, every key is known, and the bytes are
 * the only ones for this manifest. Throws MANIFEST_INVALID with every problem.
 */
export function parseManifest(bytes: Uint8Array): Manifest {
  if (bytes.byteLength > MAX_MANIFEST_BYTES) throw invalidManifest([`is larger than ${MAX_MANIFEST_BYTES} bytes`]);
  const input = parseJson(bytes);
  const problems = findManifestProblems(input);
  if (problems.length > 0) throw invalidManifest(problems);
  // Two keys of one name, or another order, would make two manifests of what is read as one.
  if (!manifestBytes(input as Manifest).equals(bytes)) throw invalidManifest(['is not in its one canonical form']);
  return input as Manifest;
}

/** What is wrong with a manifest before it has bytes. Empty: it can be deployed. */
export function findManifestProblems(input: unknown): readonly string[] {
  const head = MANIFEST_SCHEMA.safeParse(input);
  const problems = (head.error?.issues ?? []).map(({path, message}) => renderIssue(path, message));
  const files = findEntryProblems((input as {readonly files?: unknown} | null)?.files);
  const all = [...problems, ...files];
  return all.length > 0 ? all : findMissing(input as Manifest);
}

/** MANIFEST_INVALID, its problems as details. */
export function invalidManifest(problems: readonly string[]): TakoError {
  const more = problems.length - MAX_PROBLEMS;
  const shown = more > 0 ? [...problems.slice(0, MAX_PROBLEMS), `and ${more} more`] : problems;
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new TakoError('MANIFEST_INVALID', `the manifest of the release has ${count}`, {details: shown});
}

/** JSON in UTF-8, no byte of it replaced. Throws MANIFEST_INVALID. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes));
  } catch (error) {
    throw invalidManifest([`is not JSON: ${error instanceof Error ? error.message : error}`]);
  }
}

/** A process cannot be started in a folder that is not there, nor by a program that is not. */
function findMissing({directory, process, files}: Manifest): readonly string[] {
  if (process === null) return [];
  const program = process.runtime?.file ?? null;
  const isProgram = files.some(entry => entry.path === program && 'sha256' in entry && entry.isExecutable);
  return [
    ...(directory === '.' || allFolders(files).has(directory)
      ? []
      : [`directory: there is no file in ${JSON.stringify(directory)}`]),
    ...(program === null || isProgram ? [] : [`process.runtime.file: there is no program ${JSON.stringify(program)}`]),
  ];
}

const renderIssue = (path: readonly PropertyKey[], message: string): string =>
  path.length === 0 ? message : `${renderKey(path as (string | number)[])}: ${message}`;
