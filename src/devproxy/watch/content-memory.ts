import {createHash} from 'node:crypto';
import {readFile, stat} from 'node:fs/promises';

/** What files contained when they were last looked at, so that saving one without an edit does not count. */
export type ContentMemory = {
  /**
   * Whether the file is other than at the last look, or was not looked at before, or cannot be compared.
   * `missing`: it is not there, and was not known to be.
   */
  compare(file: string): Promise<'changed' | 'same' | 'missing'>;
};

/** Source is smaller; reading more than this costs more than a restart that was not needed. */
const MAX_COMPARED_BYTES = 256 * 1024;
/** Hashes kept, of 28 characters each; the oldest goes first. */
const MAX_REMEMBERED = 10_000;

export function createContentMemory(): ContentMemory {
  const hashes = new Map<string, string>();
  const remember = (file: string, hash: string): void => {
    hashes.delete(file);
    hashes.set(file, hash);
    const [oldest] = hashes.keys();
    if (hashes.size > MAX_REMEMBERED && oldest !== undefined) hashes.delete(oldest);
  };
  return {
    async compare(file) {
      const hash = await hashOf(file);
      const before = hashes.get(file);
      remember(file, hash);
      if (hash === before && hash !== 'large') return 'same';
      return hash === 'missing' ? 'missing' : 'changed';
    },
  };
}

/** Words of other length than a hash for what has none. */
async function hashOf(file: string): Promise<string> {
  try {
    const {size} = await stat(file);
    if (size > MAX_COMPARED_BYTES) return 'large';
    return createHash('sha1')
      .update(await readFile(file))
      .digest('base64');
  } catch {
    return 'missing';
  }
}
