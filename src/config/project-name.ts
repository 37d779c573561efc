import path from 'node:path';
import {readTextIfReadable} from './folders.js';
import {parsePackageJson} from './package-json.js';
import {FALLBACK_NAME} from './parse-config.js';
import {MAX_APP_NAME_LENGTH} from './value.js';

/** The name of a project whose tako.toml has none: that of its package.json, else of its folder, else `app`. */
export async function findFallbackName(directory: string): Promise<string> {
  const text = await readTextIfReadable(path.join(directory, 'package.json'));
  const packageName = text === undefined ? undefined : parsePackageJson(text)?.name;
  return sanitizeName(withoutScope(packageName ?? '')) || sanitizeName(path.basename(directory)) || FALLBACK_NAME;
}

/**
 * Makes a valid app name of any text, or an empty one when nothing is left: lower case, runs of `_`, `.` and `-` as one
 * `-`, everything else that is not a letter a-z or digit dropped.
 */
export function sanitizeName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_.-]/g, '')
    .replace(/[_.-]+/g, '-')
    .replace(/^[0-9-]+/, '')
    .slice(0, MAX_APP_NAME_LENGTH)
    .replace(/-$/, '');
}

// `@acme/web` is `web`. The existing product makes it `acmeweb`; we differ on purpose, as that is a name nobody types.
const withoutScope = (packageName: string): string => packageName.slice(packageName.lastIndexOf('/') + 1);
