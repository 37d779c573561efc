// Programs of others, through the registry and the settings that the user's npm has anyway.

import path from 'node:path';
import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';

/** A download of about 50 MB, in milliseconds. */
const DOWNLOAD_TIMEOUT_MS = 10 * 60_000;

/**
 * Puts the archive of `name@version`, a gzipped tar that npm has compared with the registry's checksum, into the folder.
 * Resolves with its path. Throws RUNTIME_DOWNLOAD_FAILED.
 */
export async function fetchPackage(specifier: string, folder: string, run: Run): Promise<string> {
  const args = ['pack', specifier, '--pack-destination', folder, '--json', '--ignore-scripts'];
  const {exitCode, stdout, stderr} = await run({file: 'npm', args}, {timeoutMs: DOWNLOAD_TIMEOUT_MS});
  const filename = exitCode === 0 ? filenameIn(stdout) : undefined;
  if (filename === undefined) throw downloadFailed(specifier, stderr);
  return path.join(folder, filename);
}

function filenameIn(report: string): string | undefined {
  try {
    return path.basename((JSON.parse(report) as [{readonly filename: string}])[0].filename);
  } catch {
    return undefined;
  }
}

/** Every version that the registry has of a package. Throws RUNTIME_DOWNLOAD_FAILED. */
export async function listVersions(name: string, run: Run): Promise<readonly string[]> {
  const {exitCode, stdout, stderr} = await run({file: 'npm', args: ['view', name, 'versions', '--json']});
  const versions = exitCode === 0 ? versionsIn(stdout) : undefined;
  if (versions === undefined) throw downloadFailed(name, stderr);
  return versions;
}

/** npm writes a single version without an array. */
function versionsIn(report: string): readonly string[] | undefined {
  try {
    return [JSON.parse(report) as string | string[]].flat();
  } catch {
    return undefined;
  }
}

const downloadFailed = (specifier: string, stderr: string): TakoError =>
  new TakoError('RUNTIME_DOWNLOAD_FAILED', `npm could not fetch ${specifier}`, {
    hint: `see whether "npm view ${specifier}" works`,
    details: stderr
      .split('\n')
      .filter(line => /^npm (?:error|ERR!)/.test(line))
      .slice(0, 8),
  });
