import type {CertificateSource} from '../proxy/certificate-source.js';
import type {Clock} from '../system/clock.js';
import {permits} from '../x509/name-constraints.js';
import type {Authority} from './authority.js';
import {isFresh, issueLeaf, type Leaf} from './leaf.js';
import {createLeafFolder} from './leaf-folder.js';
import {createRecent} from './recent.js';
import {parseServerName} from './server-name.js';

/** Leaves kept in memory, about 2 KiB each; on disk there are at most twice as many. */
export const MAX_LEAVES = 1_000;

export type SourceOptions = {
  /** For leaves and their keys alone; made with mode 0700. */
  readonly cacheFolder: string;
  readonly clock: Clock;
  readonly maxLeaves?: number;
};

/**
 * Signs a leaf for each name it is asked for: a host name or an IP address, exactly, never a wildcard. Names the root
 * may not sign have no certificate.
 */
export async function openCertificateSource(
  authority: Authority,
  {cacheFolder, clock, maxLeaves = MAX_LEAVES}: SourceOptions,
): Promise<CertificateSource> {
  const folder = createLeafFolder(cacheFolder, authority);
  await folder.limit(maxLeaves);
  const recent = createRecent<Leaf>(maxLeaves, name => void folder.remove(name));
  const obtain = oneAtATime(async (name: string): Promise<Leaf> => {
    const stored = await folder.load(name);
    if (stored && isFresh(stored, clock.now())) return stored;
    const leaf = issueLeaf(authority, name, clock.now());
    await folder.store(name, leaf);
    return leaf;
  });

  return {
    async certificateFor(serverName) {
      const name = parseServerName(serverName);
      if (name === undefined || !permits(authority.constraints, name)) return undefined;
      const known = recent.get(name);
      if (known && isFresh(known, clock.now())) return known.certificate;
      const leaf = await obtain(name);
      recent.set(name, leaf);
      return leaf.certificate;
    },
  };
}

/** Asks for one name that overlap share one answer: a page opens six connections at once. */
function oneAtATime<T>(obtain: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const pending = new Map<string, Promise<T>>();
  return name => {
    const answer = pending.get(name) ?? obtain(name).finally(() => pending.delete(name));
    pending.set(name, answer);
    return answer;
  };
}
