import {existsSync} from 'node:fs';
import path from 'node:path';
import {findMacosProfiles, findProfiles, foldersIn} from './firefox-profiles.js';
import type {TrustWorld} from './trust-store.js';

/** A folder with an NSS database, or where Chromium will look for one. */
export type NssFolder = {readonly folder: string; readonly browser: string; readonly exists: boolean};

const CHROMIUM = '.pki/nssdb';
const CHROMIUM_DATA = 'pki/nssdb';

/** Every database of this user's browsers. On Linux the one Chromium reads is listed even before there is one. */
export async function findNssFolders({home, platform, environment = {}}: BrowserWorld): Promise<NssFolder[]> {
  if (platform === 'darwin') return databases(await findMacosProfiles(home), 'Firefox');
  const configHome = absolute(environment.XDG_CONFIG_HOME);
  const dataHome = absolute(environment.XDG_DATA_HOME) ?? path.join(home, '.local/share');
  // Chromium before version 146 reads the first only; later ones read the second, unless the first is there.
  const own = [path.join(home, CHROMIUM), path.join(dataHome, CHROMIUM_DATA)];
  const flatpaks = await foldersIn(path.join(home, '.var/app'));
  const snaps = await foldersIn(path.join(home, 'snap'));
  const chromium = [
    ...own,
    ...snaps.flatMap(snap => [path.join(snap, 'current', CHROMIUM), path.join(snap, 'current/.local/share/pki/nssdb')]),
    ...flatpaks.flatMap(app => [path.join(app, CHROMIUM), path.join(app, 'data', CHROMIUM_DATA)]),
  ];
  const firefox = [
    ...(await findProfiles(home, configHome)),
    ...(await profilesOf(snaps.map(snap => path.join(snap, 'common')))),
    ...(await Promise.all(flatpaks.map(app => findProfiles(app, path.join(app, 'config'))))).flat(),
  ];
  return [...missingDatabase(own), ...databases(chromium, 'Chromium'), ...databases(firefox, 'Firefox')];
}

/** The XDG base directory specification has any other path ignored. */
const absolute = (folder: string | undefined): string | undefined =>
  folder !== undefined && path.isAbsolute(folder) ? folder : undefined;

type BrowserWorld = Pick<TrustWorld, 'home' | 'platform' | 'environment'>;

const profilesOf = async (homes: readonly string[]): Promise<string[]> =>
  (await Promise.all(homes.map(home => findProfiles(home)))).flat();

/** The first, as every version reads it; but never beside the second, which it would hide from Chromium. */
function missingDatabase(folders: readonly string[]): NssFolder[] {
  if (folders.some(hasDatabase)) return [];
  return folders.slice(0, 1).map(folder => ({folder, browser: 'Chromium', exists: false}));
}

const databases = (folders: readonly string[], browser: string): NssFolder[] =>
  [...new Set(folders)].filter(hasDatabase).map(folder => ({folder, browser, exists: true}));

export const hasDatabase = (folder: string): boolean => existsSync(path.join(folder, 'cert9.db'));
