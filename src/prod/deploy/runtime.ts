import path from 'node:path';
import type {Command, Config} from '../../config/config.js';
import {readTextIfReadable} from '../../config/folders.js';
import {parseJsonObject} from '../../config/package-json.js';
import type {RuntimeName} from '../releases/manifest.js';
import type {ProjectKnowledge} from './build-steps.js';
import {parseVersionRange} from './version-range.js';

/** What a release is run by, as the project asks for it. */
export type WantedRuntime = {
  readonly name: RuntimeName;
  /** A version or a range: `24`, `24.1.0`, `>=20 <23`. Null: any will do. */
  readonly version: string | null;
  /** Where it is asked for: `.nvmrc`. Null: nowhere. */
  readonly origin: string | null;
};

/** What a release is run by. */
export type PinnedRuntime = {
  readonly name: RuntimeName;
  /** Complete: `24.1.0`. */
  readonly version: string;
  /** The program on this machine, which travels with the release. Null: the server's own is used. */
  readonly program: string | null;
};

/**
 * The runtime of a start command, in the version that is asked for first: by `runtime` of tako.toml, by a file that other
 * tools read, by `engines` of package.json. Null: none of those that travel, and the server has to have what it needs.
 */
export async function decideRuntime(known: ProjectKnowledge, argv: Command): Promise<WantedRuntime | null> {
  const {config, root} = known;
  const name = runtimeOf(known, argv);
  if (name === null) return null;
  if (config.runtime?.id === name && config.runtime.version !== undefined) {
    return {name, version: config.runtime.version, origin: 'tako.toml'};
  }
  for (const folder of new Set([path.join(root.root, root.directory), root.root])) {
    const found = (await findInFiles(folder, name)) ?? (await findInPackage(folder, name));
    if (found) return found;
  }
  return {name, version: null, origin: null};
}

/** A shell finds it in its PATH. */
function runtimeOf({config, facts}: ProjectKnowledge, [program]: Command): RuntimeName | null {
  if (program === 'node' || program === 'bun' || program === 'deno') return program;
  if (program !== 'sh') return null;
  return ofShell(config) ?? (facts.files.includes('package.json') ? 'node' : null);
}

const ofShell = ({runtime}: Config): RuntimeName | null =>
  runtime?.id === 'node' || runtime?.id === 'bun' || runtime?.id === 'deno' ? runtime.id : null;

/** Where other tools have it, best first. */
const VERSION_FILES = {
  node: ['.node-version', '.nvmrc'],
  bun: ['.bun-version'],
  deno: ['.dvmrc'],
} as const satisfies Record<RuntimeName, readonly string[]>;

async function findInFiles(folder: string, name: RuntimeName): Promise<WantedRuntime | undefined> {
  for (const origin of VERSION_FILES[name]) {
    const version = parseVersionFile(await readTextIfReadable(path.join(folder, origin)));
    if (version !== undefined) return {name, version, origin};
  }
  return undefined;
}

/** The major versions of Node's lines with long-term support, by the names that nvm knows them by. */
const LINES: Readonly<Record<string, string>> = {
  gallium: '16',
  hydrogen: '18',
  iron: '20',
  jod: '22',
  krypton: '24',
};

/** Names such as `lts/*` say nothing that stays the same. */
function parseVersionFile(text = ''): string | undefined {
  const word = text.trim();
  return /^v?(\d+(?:\.\d+){0,2})$/.exec(word)?.[1] ?? LINES[word.replace(/^lts\//, '').toLowerCase()];
}

/** `engines`, and for Bun the package manager, which is the same program. What is no range is passed over, as npm does it. */
async function findInPackage(folder: string, name: RuntimeName): Promise<WantedRuntime | undefined> {
  const content = parseJsonObject((await readTextIfReadable(path.join(folder, 'package.json'))) ?? '');
  const manager = /^bun@(\d+\.\d+\.\d+)/.exec(String(content?.packageManager));
  if (name === 'bun' && manager?.[1] !== undefined) {
    return {name, version: manager[1], origin: 'packageManager in package.json'};
  }
  const version = (content?.engines as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  if (typeof version !== 'string' || !parseVersionRange(version)) return undefined;
  return {name, version, origin: `engines.${name} in package.json`};
}
