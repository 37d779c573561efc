import {concurrently} from '../releases/concurrently.js';
import type {Manifest, ManifestEntry} from '../releases/manifest.js';
import type {FileHashes} from './file-hashes.js';
import type {ReleaseFile} from './release-files.js';
import {FILES_AT_ONCE} from './source-files.js';

/** A release as it is before its upload: what it is, and where the content of its files is found here. */
export type LocalRelease = {
  readonly manifest: Manifest;
  /** The path of a file with this content. Throws for a hash that the manifest does not have. */
  source(sha256: string): string;
};

/** Hashes the files and puts them into the manifest. Equal files and equal facts are an equal manifest. */
export async function makeManifest(
  files: readonly ReleaseFile[],
  facts: Omit<Manifest, 'files' | 'format'>,
  hashes: FileHashes,
): Promise<LocalRelease> {
  const entries: ManifestEntry[] = [];
  const sources = new Map<string, string>();
  await concurrently(files, FILES_AT_ONCE, async file => {
    if (file.type === 'link') {
      entries.push({path: file.path, link: file.link});
      return;
    }
    const sha256 = await hashes.hash(file.source, file);
    sources.set(sha256, file.source);
    entries.push({path: file.path, sha256, size: file.size, isExecutable: file.isExecutable});
  });
  entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  return {
    manifest: {...facts, format: 1, files: entries},
    source: sha256 => {
      const file = sources.get(sha256);
      if (file === undefined) throw new Error(`no file of the release has the hash ${sha256}`);
      return file;
    },
  };
}
