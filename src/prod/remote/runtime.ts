// The server's own Node. npm has Node's official builds as packages, which is where this one comes from: on the laptop,
// through the registry and the settings that the user's npm has anyway. So the server needs no internet.

import {mkdir, mkdtemp, rename, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Platform} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import {fetchPackage} from './npm-package.js';

/** The Node that servers run, which is the one that tako is tested with (package-lock.json). */
export const SERVER_NODE_VERSION = '24.21.0';

/** What that Node's official builds need, by its BUILDING.md: glibc 2.28. */
export const MIN_GLIBC = '2.28';

/** Where the program is in the package's archive. */
export const NODE_IN_ARCHIVE = 'package/bin/node';

export type RuntimeArchive = {
  readonly version: string;
  /** A gzipped tar, as the registry has it; NODE_IN_ARCHIVE is the program. */
  readonly file: string;
  readonly bytes: number;
};

/** npm's package with Node for a platform, as the package `node` chooses it too. Undefined: there is none. */
export const runtimePackage = ({os, cpu, libc}: Platform): string | undefined =>
  libc === 'musl' ? undefined : `node-${os}-${cpu}`;

/** The error for a platform without one. */
export const runtimeUnsupported = ({cpu}: Platform): TakoError =>
  new TakoError('RUNTIME_UNSUPPORTED', 'there is no Node build for a server with musl instead of glibc (Alpine)', {
    hint: `use a Linux with glibc on ${cpu}: Debian, Ubuntu, Fedora and their kin`,
  });

export type RuntimeOptions = {
  readonly platform: Platform;
  /** The user's cache folder of tako. */
  readonly cacheFolder: string;
  readonly run: Run;
  readonly version?: string;
};

/**
 * The archive in the user's cache; it is fetched when it is not there. npm compares it with the registry's checksum
 * before it is given a name in the cache. Throws RUNTIME_UNSUPPORTED, RUNTIME_DOWNLOAD_FAILED.
 */
export async function ensureRuntime(options: RuntimeOptions): Promise<RuntimeArchive> {
  const {platform, cacheFolder, version = SERVER_NODE_VERSION} = options;
  const name = runtimePackage(platform);
  if (name === undefined) throw runtimeUnsupported(platform);
  const file = path.join(cacheFolder, 'runtimes', `${name}-${version}.tgz`);
  const info = (await findFile(file)) ?? (await download(`${name}@${version}`, file, options.run));
  return {version, file, bytes: info.size};
}

const findFile = (file: string): Promise<{readonly size: number} | undefined> => stat(file).catch(() => undefined);

async function download(specifier: string, file: string, run: Run): Promise<{readonly size: number}> {
  const folder = path.dirname(file);
  await mkdir(folder, {recursive: true, mode: 0o700});
  const incoming = await mkdtemp(path.join(folder, 'incoming-'));
  try {
    await rename(await fetchPackage(specifier, incoming, run), file);
  } finally {
    await rm(incoming, {recursive: true, force: true});
  }
  return stat(file);
}
