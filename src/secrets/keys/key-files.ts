import {rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {TakoError} from '../../system/error.js';
import {ensurePrivateFolder, PRIVATE_FILE, readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {decodeBase64, KEY_BYTES, type SecretKey} from '../value-cipher.js';
import type {KeyStore} from './key-store.js';

/** Below the data folder, as the existing Tako has it: keys are shared with that. */
const KEYS_FOLDER = 'keys';
/** What group and others may do. */
const FOREIGN_BITS = 0o077;

/** A file for each key, mode 0600, in a folder that only this user can enter. */
export function openKeyFiles(dataFolder: string): KeyStore {
  const folder = path.join(dataFolder, KEYS_FOLDER);
  const fileOf = (id: string): string => path.join(folder, id);
  return {
    async find(id) {
      const text = await readTextIfExists(fileOf(id));
      if (text === undefined) return undefined;
      await requirePrivate(fileOf(id));
      return {id, bytes: parseKey(text, fileOf(id))};
    },
    async save({id, bytes}: SecretKey) {
      await ensurePrivateFolder(folder);
      await writeFileAtomic(fileOf(id), `${Buffer.from(bytes).toString('base64')}\n`, PRIVATE_FILE);
    },
    remove: id => rm(fileOf(id), {force: true}),
  };
}

/** A key that others can read has to be replaced, not only hidden: that is for its owner to know. */
async function requirePrivate(file: string): Promise<void> {
  // Windows has no such modes: there the folder of the user is private.
  if (process.platform === 'win32') return;
  const {mode} = await stat(file);
  if ((mode & FOREIGN_BITS) === 0) return;
  throw new TakoError('SECRET_KEY_EXPOSED', `the key ${file} may be read by others on this machine`, {
    hint: `"chmod 600 ${file}" ends that; where somebody may have read it, "tako secrets key rotate" and change the values`,
  });
}

function parseKey(text: string, file: string): Uint8Array {
  const bytes = decodeBase64(text.trim());
  if (bytes?.length === KEY_BYTES) return bytes;
  throw new TakoError('SECRET_KEY_INVALID', `${file} holds no key`, {
    hint: 'delete it, and import the key again with "tako secrets key import"',
  });
}
