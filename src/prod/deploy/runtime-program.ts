// Programs that run apps, for the server's platform. npm has each of them as a package of its own, which is fetched here once
// and travels with the releases that need it.

import {mkdir, mkdtemp, readdir, rename, rm, stat, utimes} from 'node:fs/promises';
import path from 'node:path';
import {exists} from '../../config/folders.js';
import type {Platform} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import type {RuntimeName} from '../releases/manifest.js';
import {fetchPackage, listVersions} from '../remote/npm-package.js';
import type {VersionRange} from './version-range.js';

export type RuntimePrograms = {
  readonly platform: Platform;
  /** The user's cache folder of tako. */
  readonly cacheFolder: string;
  readonly run: Run;
};

type RuntimePackage = {
  readonly name: string;
  /** Where the program is in the package's archive. */
  readonly program: string;
};

/** Their builds for glibc, which every server has (see remote/runtime.ts). */
const PACKAGES: Readonly<Record<RuntimeName, (platform: Platform) => RuntimePackage>> = {
  node: ({os, cpu}) => ({name: `node-${os}-${cpu}`, program: 'package/bin/node'}),
  bun: ({os, cpu}) => ({name: `@oven/bun-${os}-${cpu === 'arm64' ? 'aarch64' : cpu}`, program: 'package/bin/bun'}),
  deno: ({os, cpu, libc}) => ({name: `@deno/${os}-${cpu}-${libc}`, program: 'package/deno'}),
};

/**
 * The versions to be had; where the registry cannot be reached, those that are here, if one of them is wanted. Throws
 * RUNTIME_DOWNLOAD_FAILED.
 */
export async function listRuntimeVersions(
  runtime: RuntimeName,
  isWanted: VersionRange,
  {platform, cacheFolder, run}: RuntimePrograms,
): Promise<readonly string[]> {
  const {name} = PACKAGES[runtime](platform);
  try {
    return await listVersions(name, run);
  } catch (error) {
    const prefix = `${folderName(name)}-`;
    const entries = await readdir(path.join(cacheFolder, RUNTIMES)).catch(() => []);
    const kept = entries.filter(entry => entry.startsWith(prefix)).map(entry => entry.slice(prefix.length));
    if (!kept.some(isWanted)) throw error;
    return kept;
  }
}

/** The program of that version on this machine. Throws RUNTIME_DOWNLOAD_FAILED. */
export async function ensureRuntimeProgram(
  runtime: RuntimeName,
  version: string,
  {platform, cacheFolder, run}: RuntimePrograms,
): Promise<string> {
  const {name, program} = PACKAGES[runtime](platform);
  const runtimes = path.join(cacheFolder, RUNTIMES);
  const folder = path.join(runtimes, `${folderName(name)}-${version}`);
  if (!(await exists(folder))) {
    await removeUnused(runtimes);
    await fetchProgram(`${name}@${version}`, program, folder, run);
  }
  await utimes(folder, new Date(), new Date());
  return path.join(folder, path.posix.basename(program));
}

const RUNTIMES = 'runtimes';
/** Of the server's own Node, which is kept as it is sent. */
const ARCHIVE = '.tgz';

const folderName = (packageName: string): string => packageName.replace('@', '').replace('/', '-');

/** The folder has its name when the program is in it. */
async function fetchProgram(specifier: string, program: string, folder: string, run: Run): Promise<void> {
  const runtimes = path.dirname(folder);
  await mkdir(runtimes, {recursive: true, mode: 0o700});
  const incoming = await mkdtemp(path.join(runtimes, 'incoming-'));
  try {
    const archive = await fetchPackage(specifier, incoming, run);
    const {exitCode, stderr} = await run(
      {file: 'tar', args: ['-xzf', archive, '-C', incoming, program]},
      {timeoutMs: UNPACK_TIMEOUT_MS},
    );
    if (exitCode !== 0) throw unpackFailed(specifier, stderr);
    await rename(path.dirname(path.join(incoming, program)), folder).catch(async error => {
      // Another deploy may have been faster, with the same.
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(incoming, {recursive: true, force: true});
  }
}

/** About 100 MB, on a machine that does much else. */
const UNPACK_TIMEOUT_MS = 5 * 60_000;
/** A project that asks for `22` gets another one with each release of Node. */
const KEPT_UNUSED_MS = 30 * 24 * 60 * 60_000;

async function removeUnused(runtimes: string): Promise<void> {
  for (const entry of await readdir(runtimes).catch(() => [])) {
    const place = path.join(runtimes, entry);
    const usedAt = await stat(place).then(
      ({mtimeMs}) => mtimeMs,
      () => Date.now(),
    );
    const isUnused = !entry.endsWith(ARCHIVE) && Date.now() - usedAt > KEPT_UNUSED_MS;
    if (isUnused) await rm(place, {recursive: true, force: true});
  }
}

const unpackFailed = (specifier: string, stderr: string): TakoError =>
  new TakoError('RUNTIME_DOWNLOAD_FAILED', `the archive of ${specifier} could not be unpacked`, {
    hint: 'see whether there is room on the disk, and the program tar',
    details: stderr.split('\n').slice(0, 8),
  });
