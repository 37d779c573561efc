import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {exists, listFolder} from '../../config/folders.js';
import type {Project} from '../../config/load-project.js';
import {errorCode} from '../../system/error.js';
import {PUBLIC_FILE, writeFileAtomic} from '../../system/files.js';

export const TYPESCRIPT_FILE = 'tako.d.ts';
export const GO_FILE = 'tako_secrets.go';

/** Where a generated file is, or is to be. Absolute. */
export type TypesPlace = {readonly file: string; readonly isThere: boolean};

/** Where the sources of a project usually are. */
const SOURCE_FOLDERS = ['app', 'src'];

/** Where it is, wherever that is; else where the sources are: in `app_root`, or in the project's own folder. */
export async function findTypescriptPlace({directory, config: {appRoot}}: Project): Promise<TypesPlace> {
  const folders = [appRoot, ...SOURCE_FOLDERS].map(folder => path.join(directory, folder));
  const found = await findFile([...folders, directory], TYPESCRIPT_FILE);
  if (found !== undefined) return {file: found, isThere: true};
  return {file: path.join((await findFolder(folders)) ?? directory, TYPESCRIPT_FILE), isThere: false};
}

/** Folders in which packages of a Go module are, each in one of its own. */
const GO_FOLDERS = ['cmd', 'internal', 'pkg'];

/** Where it is; else beside the program in the project's own folder, or in `app_root` where there is none. */
export async function findGoPlace({directory, config: {appRoot}}: Project): Promise<TypesPlace> {
  const own = [directory, path.join(directory, appRoot)];
  const packages = await Promise.all(GO_FOLDERS.map(folder => foldersIn(path.join(directory, folder))));
  const found = await findFile([...own, ...packages.flat()], GO_FILE);
  if (found !== undefined) return {file: found, isThere: true};
  const withGo = await Promise.all(own.map(async folder => ((await listGoFiles(folder)).length > 0 ? [folder] : [])));
  return {file: path.join(withGo.flat()[0] ?? directory, GO_FILE), isThere: false};
}

/** The folder itself and those in it. */
async function foldersIn(folder: string): Promise<readonly string[]> {
  const inner = (await listFolder(folder)).filter(({isFolder}) => isFolder);
  return [folder, ...inner.map(({name}) => path.join(folder, name))];
}

/** Without tests, whose package may have another name, and without what is generated here. */
export const listGoFiles = async (folder: string): Promise<readonly string[]> =>
  (await listFolder(folder))
    .filter(({name, isFolder}) => !isFolder && name.endsWith('.go') && !name.endsWith('_test.go') && name !== GO_FILE)
    .map(({name}) => path.join(folder, name));

async function findFile(folders: readonly string[], name: string): Promise<string | undefined> {
  for (const folder of folders) {
    const file = path.join(folder, name);
    if (await exists(file)) return file;
  }
  return undefined;
}

async function findFolder(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    if (await exists(folder)) return folder;
  }
  return undefined;
}

/** Whether the file says this already; lines may end as Windows ends them. */
export async function saysAlready(file: string, text: string): Promise<boolean> {
  return (await readIfThere(file))?.replaceAll('\r\n', '\n') === text;
}

/** Throws FILE_NOT_WRITABLE. */
export const writeTypes = (file: string, text: string): Promise<void> => writeFileAtomic(file, text, PUBLIC_FILE);

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
