import {TakoError} from '../../system/error.js';
import type {Run} from '../../system/exec.js';
import {openKeyFiles} from './key-files.js';
import {combineKeyStores, type KeyStore} from './key-store.js';
import {keychainProgram, openKeychain} from './keychain.js';

/** Where a user wants keys to be kept: `secret_keys` of settings.toml. */
export type KeyPlace = 'file' | 'keychain';

export type UserKeysOptions = {
  readonly dataFolder: string;
  readonly place: KeyPlace;
  readonly platform: NodeJS.Platform;
  readonly run: Run;
};

/**
 * The keys of this user. With a keychain new ones are kept there, and those that are in files still are found. Throws
 * KEYCHAIN_FAILED on a system without one.
 */
export function openUserKeys({dataFolder, place, platform, run}: UserKeysOptions): KeyStore {
  const files = openKeyFiles(dataFolder);
  if (place === 'file') return files;
  const program = keychainProgram(platform);
  if (program) return combineKeyStores(openKeychain(program, run), files);
  throw new TakoError('KEYCHAIN_FAILED', 'tako knows no keychain of this system', {
    hint: 'take secret_keys out of settings.toml: keys are kept in files then',
  });
}
