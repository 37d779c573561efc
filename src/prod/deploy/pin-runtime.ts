// Which version of a runtime a release gets: the server's own Node where that is what the project asks for, else one that
// travels with it.

import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import type {RuntimeName} from '../releases/manifest.js';
import type {PinnedRuntime, WantedRuntime} from './runtime.js';
import {ensureRuntimeProgram, listRuntimeVersions, type RuntimePrograms} from './runtime-program.js';
import {newestIn, parseVersionRange, type VersionRange} from './version-range.js';

export type PinOptions = RuntimePrograms & {
  /** Of the server's own Node. */
  readonly nodeVersion: string;
};

/**
 * Chooses the version, and has its program here unless it is the server's own. Throws RUNTIME_UNAVAILABLE for a version that
 * cannot be had, RUNTIME_DOWNLOAD_FAILED.
 */
export async function pinRuntime(wanted: WantedRuntime, options: PinOptions): Promise<PinnedRuntime> {
  const {name} = wanted;
  const isWanted = rangeOf(wanted);
  if (name === 'node' && isWanted(options.nodeVersion)) return {name, version: options.nodeVersion, program: null};
  const versions = await listRuntimeVersions(name, isWanted, options);
  const local = wanted.version === null ? await findLocalVersion(name, options.run) : undefined;
  const version = local !== undefined && versions.includes(local) ? local : newestIn(versions, isWanted);
  if (version === undefined) throw unavailable(wanted, newestIn(versions, ANY));
  return {name, version, program: await ensureRuntimeProgram(name, version, options)};
}

const ANY: VersionRange = parseVersionRange('*') ?? (() => true);

function rangeOf(wanted: WantedRuntime): VersionRange {
  const range = wanted.version === null ? ANY : parseVersionRange(wanted.version);
  if (!range) throw unavailable(wanted, undefined);
  return range;
}

/** What a project that asks for none is developed with. */
async function findLocalVersion(name: RuntimeName, run: Run): Promise<string | undefined> {
  const {stdout} = await run({file: name, args: ['--version']}).catch(() => ({stdout: ''}));
  return /\d+\.\d+\.\d+/.exec(stdout)?.[0];
}

const EXAMPLES: Readonly<Record<RuntimeName, string>> = {node: '24', bun: '1.2', deno: '2'};
const TITLES: Readonly<Record<RuntimeName, string>> = {node: 'Node', bun: 'Bun', deno: 'Deno'};

/** For people: `Node 22.1.0`. */
export const renderRuntime = ({name, version}: Pick<WantedRuntime, 'name' | 'version'>): string =>
  version === null ? TITLES[name] : `${TITLES[name]} ${version}`;

function unavailable(wanted: WantedRuntime, newest: string | undefined): TakoError {
  const {name, origin} = wanted;
  const why = newest === undefined ? 'which is no version' : 'of which npm has no build for the server';
  const example = `runtime = "${name}@${newest ?? EXAMPLES[name]}"`;
  return new TakoError('RUNTIME_UNAVAILABLE', `${origin ?? 'the project'} asks for ${renderRuntime(wanted)}, ${why}`, {
    hint:
      newest === undefined
        ? `write a version into tako.toml, as in ${example}`
        : `the newest is ${newest}; write one that the app runs by into tako.toml, as in ${example}`,
  });
}
