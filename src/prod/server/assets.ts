// The files of releases that the gateway itself answers with.

import path from 'node:path';
import type {ServedFolder} from '../../proxy/static/file-index.js';
import {createStaticFiles, type StaticFiles} from '../../proxy/static/static-files.js';
import type {LoadedRelease} from './loaded-release.js';

/** What is served of a deployment's files. Undefined: nothing is. */
export type Assets = StaticFiles | undefined;

/** `previous` are the releases before, the last one first; their hashed files are still asked for by open pages. */
export async function loadReleaseAssets(release: LoadedRelease, previous: readonly LoadedRelease[]): Promise<Assets> {
  const {assets, process: program, files} = release.manifest;
  if (foldersOf(release).length === 0 && program !== null) return undefined;
  const hashes = new Map(files.map(entry => [entry.path, 'sha256' in entry ? entry.sha256 : undefined]));
  return createStaticFiles({
    folders: foldersOf(release),
    previous: previous.toReversed().flatMap(foldersOf),
    fallback: assets.fallback,
    hasApp: program !== null,
    etagOf: file => hashes.get(path.relative(release.tree, file)),
  });
}

const foldersOf = ({tree, manifest: {assets}}: LoadedRelease): readonly ServedFolder[] =>
  [...assets.folders.map(folder => ({folder, at: '/'})), ...assets.mounts].map(({folder, at}) => ({
    folder: path.join(tree, folder),
    at,
  }));
