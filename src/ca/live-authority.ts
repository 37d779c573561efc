import {stat} from 'node:fs/promises';
import type {CertificateSource} from '../proxy/certificate-source.js';
import type {Clock} from '../system/clock.js';
import {type Authority, loadAuthority} from './authority.js';
import {authorityFiles} from './authority-files.js';
import {openCertificateSource} from './certificate-source.js';

/** An authority whose root may be replaced while it is in use. */
export type LiveAuthority = {
  /** The one that signs. */
  readonly current: () => Authority;
  /** Signs by the root that a rotation has put into the folder, from the next name that it is asked for on. */
  readonly certificates: CertificateSource;
};

export type LiveAuthorityOptions = {
  readonly authority: Authority;
  readonly folder: string;
  /** As that of `openCertificateSource`. */
  readonly cacheFolder: string;
  readonly clock: Clock;
  readonly onReplaced: (authority: Authority) => void;
};

/**
 * Looks at each handshake whether the root is another one, which takes less than 0.1 ms (measured). Connections that
 * are open stay so. What cannot be read leaves the authority as it was.
 */
export async function openLiveAuthority(options: LiveAuthorityOptions): Promise<LiveAuthority> {
  const {folder, clock, onReplaced} = options;
  const {certificate: file} = authorityFiles(folder);
  let authority = options.authority;
  let source = await openCertificateSource(authority, options);
  let version = await versionOf(file);
  let following: Promise<void> | undefined;

  async function follow(): Promise<void> {
    const now = await versionOf(file);
    if (now === undefined || now === version) return;
    const replaced = await loadAuthority({folder, clock});
    if (!replaced) return;
    version = now;
    source = await openCertificateSource(replaced, options);
    authority = replaced;
    onReplaced(authority);
  }

  return {
    current: () => authority,
    certificates: {
      async certificateFor(serverName) {
        following ??= follow()
          .catch(() => undefined)
          .finally(() => {
            following = undefined;
          });
        await following;
        return source.certificateFor(serverName);
      },
    },
  };
}

/** Another one for each file that takes its place; undefined where there is none. */
async function versionOf(file: string): Promise<string | undefined> {
  try {
    const {ino, mtimeMs, size} = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return undefined;
  }
}
