import {TakoError} from '../../system/error.js';
import type {SecretKey} from '../value-cipher.js';

/** Where the keys of this user are: outside of every project. */
export type KeyStore = {
  /** Undefined: this machine does not have it. */
  find(id: string): Promise<SecretKey | undefined>;
  save(key: SecretKey): Promise<void>;
  /** Nothing happens where it is not there. */
  remove(id: string): Promise<void>;
};

/** Looks for a key in the first store, then in the others; keeps new ones in the first. */
export function combineKeyStores(first: KeyStore, ...others: readonly KeyStore[]): KeyStore {
  const all = [first, ...others];
  return {
    async find(id) {
      for (const store of all) {
        const key = await store.find(id);
        if (key) return key;
      }
      return undefined;
    },
    save: key => first.save(key),
    async remove(id) {
      for (const store of all) await store.remove(id);
    },
  };
}

/** Throws SECRET_KEY_MISSING. */
export async function requireKey(keys: KeyStore, id: string, environment: string): Promise<SecretKey> {
  const key = await keys.find(id);
  if (key) return key;
  throw new TakoError('SECRET_KEY_MISSING', `this machine does not have the key of ${environment} (${id})`, {
    hint: `ask somebody who has it for "tako secrets key export --env ${environment}", and pass that to "tako secrets key import"`,
  });
}
