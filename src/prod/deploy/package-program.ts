import {open, readFile, stat} from 'node:fs/promises';
import path from 'node:path';
import {parseJsonObject} from '../../config/package-json.js';
import {contains, toRelativePath} from '../../system/file-paths.js';

/** Where a release's files are: all of it, and the folder of the app in it. */
export type Place = {readonly root: string; readonly directory: string};

/**
 * The words that run a package's program without npm: `next` is `node node_modules/next/dist/bin/next`, as seen from the app's
 * folder. Only the packages named are looked at, where Node would find them. Undefined: none of them has it.
 */
export async function findPackageProgram(
  {root, directory}: Place,
  name: string,
  packages: readonly string[],
): Promise<readonly [string, ...string[]] | undefined> {
  // The package of that name first: others may have a program of that name too.
  const inOrder = [name, ...packages].filter(candidate => packages.includes(candidate));
  for (const candidate of new Set(inOrder)) {
    const folder = await findPackage(root, directory, candidate);
    const file = folder && (await readProgram(folder, candidate, name));
    if (!file) continue;
    const relative = toRelativePath(directory, file);
    return (await isScript(file)) ? ['node', relative] : [relative.startsWith('.') ? relative : `./${relative}`];
  }
  return undefined;
}

/** The folder of an installed package, looked for as Node does, but not outside of `root`. */
export async function findPackage(root: string, directory: string, name: string): Promise<string | undefined> {
  for (let folder = directory; contains(root, folder); folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', name);
    if (await isFile(path.join(candidate, 'package.json'))) return candidate;
    if (folder === root) return undefined;
  }
  return undefined;
}

/** `bin` of a package.json: one file under the package's name, or several by name. */
async function readProgram(folder: string, packageName: string, name: string): Promise<string | undefined> {
  const {bin} = parseJsonObject(await readFile(path.join(folder, 'package.json'), 'utf8')) ?? {};
  const own = packageName.replace(/^@[^/]*\//, '');
  const programs: Readonly<Record<string, unknown>> =
    typeof bin === 'string' ? {[own]: bin} : ((bin ?? {}) as Readonly<Record<string, unknown>>);
  const file = Object.hasOwn(programs, name) ? programs[name] : undefined;
  return typeof file === 'string' ? path.join(folder, file) : undefined;
}

/** Whether Node runs it: most programs of packages are JavaScript, some are what a compiler made. */
async function isScript(file: string): Promise<boolean> {
  if (/\.[cm]?js$/.test(file)) return true;
  const handle = await open(file).catch(() => undefined);
  if (!handle) return true;
  try {
    const {buffer, bytesRead} = await handle.read(Buffer.alloc(64), 0, 64, 0);
    return /^#!.*\bnode\b/.test(buffer.toString('latin1', 0, bytesRead));
  } finally {
    await handle.close();
  }
}

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    found => found.isFile(),
    () => false,
  );
