import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../../system/error.js';
import {readTextIfExists} from '../../system/files.js';

/** Folders that Firefox, and browsers made of it, keep their list of profiles in; below a home folder. */
const FOLDERS = ['.mozilla/firefox', '.librewolf', '.waterfox', '.floorp', '.zen'];
const FOLDERS_MACOS = ['Firefox', 'LibreWolf', 'Waterfox', 'Floorp', 'zen'].map(
  name => `Library/Application Support/${name}`,
);

/** The profiles of a home folder, of a flatpak's or of a snap's: those beside the list, and those it names elsewhere. */
export async function findProfiles(home: string, configHome = path.join(home, '.config')): Promise<string[]> {
  // Firefox 147 and later keep to the XDG base directories.
  const folders = [...FOLDERS.map(folder => path.join(home, folder)), path.join(configHome, 'mozilla/firefox')];
  return (await Promise.all(folders.map(profilesIn))).flat();
}

/** The same on macOS, where profiles are in a folder below that of the list. */
export async function findMacosProfiles(home: string): Promise<string[]> {
  const folders = FOLDERS_MACOS.map(folder => path.join(home, folder));
  const found = folders.map(async folder => [
    ...(await profilesIn(folder)),
    ...(await foldersIn(path.join(folder, 'Profiles'))),
  ]);
  return (await Promise.all(found)).flat();
}

async function profilesIn(folder: string): Promise<string[]> {
  const list = await readTextIfExists(path.join(folder, 'profiles.ini')).catch(() => undefined);
  return [...(await foldersIn(folder)), ...listedProfiles(list ?? '').map(profile => path.resolve(folder, profile))];
}

/** The paths in a profiles.ini, relative ones and absolute ones. */
export function listedProfiles(ini: string): string[] {
  const sections = ini.split(/^\[/m).filter(section => /^Profile\d+\]/.test(section));
  return sections.flatMap(section => /^Path=(.+?)\s*$/m.exec(section)?.[1] ?? []);
}

/** The folders in a folder, by their whole paths; none where it cannot be read. */
export async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, {withFileTypes: true});
    return entries.filter(entry => entry.isDirectory()).map(entry => path.join(folder, entry.name));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
