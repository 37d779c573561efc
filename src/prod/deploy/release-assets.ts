import path from 'node:path';
import {matchesPath, parsePathPatterns} from '../../config/path-pattern.js';
import {TakoError} from '../../system/error.js';
import type {ReleaseAssets} from '../releases/manifest.js';
import type {ProductionCommand} from './production-command.js';

type AssetRules = Pick<ProductionCommand, 'assets' | 'mounts' | 'fallback' | 'start'>;

/**
 * The folders of assets that the release has, as seen from its root. One that is not there is left out: a profile names where
 * a framework may put them. Throws ASSETS_MISSING when an app that has nothing else has none.
 */
export function findAssets(
  {assets, mounts, fallback, start}: AssetRules,
  directory: string,
  files: readonly string[],
): ReleaseAssets {
  const all = foldersWith(files);
  const folders = assets.flatMap(pattern => matching(path.posix.join(directory, pattern), all));
  if (start === undefined && folders.length === 0) throw assetsMissing(assets);
  const mounted = Object.entries(mounts).map(([at, folder]) => ({folder: path.posix.join(directory, folder), at}));
  return {folders: [...new Set(folders)], mounts: mounted.filter(({folder}) => all.has(folder)), fallback};
}

/** Every folder that has files in it, however deep. */
function foldersWith(files: readonly string[]): ReadonlySet<string> {
  const folders = new Set(files.length > 0 ? ['.'] : []);
  for (const file of files) {
    for (let folder = path.posix.dirname(file); !folders.has(folder); folder = path.posix.dirname(folder))
      folders.add(folder);
  }
  return folders;
}

function matching(pattern: string, folders: ReadonlySet<string>): readonly string[] {
  const plain = pattern.replace(/^\.\/|\/$/g, '');
  if (!plain.includes('*')) return folders.has(plain) ? [plain] : [];
  const patterns = parsePathPatterns(plain);
  return [...folders].filter(folder => patterns.some(one => matchesPath(one, folder.split('/')))).sort();
}

const assetsMissing = (assets: readonly string[]): TakoError =>
  new TakoError('ASSETS_MISSING', `the build left nothing in ${assets.join(', ')}`, {
    hint: 'say where its files are, as in assets = ["dist"], or what runs, as in start = ["node", "server.js"]',
  });

/** What a page's address must not lead to, where the project's own folder is the assets. */
export const NOT_FOR_PAGES: readonly string[] = [
  ...['/tako.toml', '/package.json', '/package-lock.json', '/npm-shrinkwrap.json', '/pnpm-lock.yaml', '/yarn.lock'],
  ...['/bun.lock', '/bun.lockb', '.*', '!.well-known'],
];
