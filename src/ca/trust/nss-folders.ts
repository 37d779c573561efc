import {existsSync} from 'node:fs';
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from '../../system/error.js';

/** A folder with an NSS database, or where Chromium will look for one. */
export type NssFolder = {readonly folder: string; readonly browser: string; readonly exists: boolean};

// Chromium before version 146 reads the first only; later ones read the second, unless the first is there.
const CHROMIUM = ['.pki/nssdb', '.local/share/pki/nssdb'];
const CHROMIUM_SNAP = CHROMIUM.map(folder => `snap/chromium/current/${folder}`);
const FLATPAKS = '.var/app';
const CHROMIUM_IN_FLATPAK = ['.pki/nssdb', 'data/pki/nssdb'];
const FIREFOX_IN_FLATPAK = ['.mozilla/firefox', 'config/mozilla/firefox'];

/** Folders whose folders are profiles. Firefox 147 and later keep to the XDG base directories. */
const FIREFOX = ['.mozilla/firefox', '.config/mozilla/firefox', 'snap/firefox/common/.mozilla/firefox', '.librewolf'];
const FIREFOX_MACOS = ['Library/Application Support/Firefox/Profiles'];

/** Every database of this user's browsers. On Linux the one Chromium reads is listed even before there is one. */
export async function findNssFolders(home: string, platform: NodeJS.Platform): Promise<NssFolder[]> {
  if (platform === 'darwin') return firefoxProfiles(home, FIREFOX_MACOS);
  const flatpaks = (await foldersIn(path.join(home, FLATPAKS))).map(app => path.join(FLATPAKS, app));
  const inFlatpaks = (folders: readonly string[]): string[] =>
    flatpaks.flatMap(app => folders.map(folder => path.join(app, folder)));
  const chromium = databases(home, [...CHROMIUM, ...CHROMIUM_SNAP, ...inFlatpaks(CHROMIUM_IN_FLATPAK)], 'Chromium');
  const firefox = await firefoxProfiles(home, [...FIREFOX, ...inFlatpaks(FIREFOX_IN_FLATPAK)]);
  return [...missingDatabase(home), ...chromium, ...firefox];
}

/** The first, as every version reads it; but never beside the second, which it would hide from Chromium. */
function missingDatabase(home: string): NssFolder[] {
  const folders = CHROMIUM.map(folder => path.join(home, folder));
  return folders.some(hasDatabase) ? [] : folders.slice(0, 1).map(folder => nssFolder(folder, 'Chromium', false));
}

async function firefoxProfiles(home: string, folders: readonly string[]): Promise<NssFolder[]> {
  const found = folders.map(async folder => {
    const profiles = await foldersIn(path.join(home, folder));
    return profiles.map(profile => path.join(folder, profile));
  });
  return databases(home, (await Promise.all(found)).flat(), 'Firefox');
}

const databases = (home: string, folders: readonly string[], browser: string): NssFolder[] =>
  folders
    .map(folder => path.join(home, folder))
    .filter(hasDatabase)
    .map(folder => nssFolder(folder, browser, true));

const nssFolder = (folder: string, browser: string, exists: boolean): NssFolder => ({folder, browser, exists});

const hasDatabase = (folder: string): boolean => existsSync(path.join(folder, 'cert9.db'));

async function foldersIn(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, {withFileTypes: true});
    return entries.filter(entry => entry.isDirectory()).map(entry => entry.name);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes(errorCode(error) ?? '')) return [];
    throw error;
  }
}
