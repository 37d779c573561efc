import {mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {SecretPlace} from '../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../src/secrets/keys/key-files.js';
import type {KeyStore} from '../../src/secrets/keys/key-store.js';
import {SECRETS_FILE} from '../../src/secrets/secret-file.js';
import type {SecretKey} from '../../src/secrets/value-cipher.js';
import {errorCode} from '../../src/system/error.js';

/** A new folder that goes with the test. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-secrets-test-')));
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}));
  return folder;
}

export type TestPlace = SecretPlace & {
  readonly file: string;
  text(): string;
  write(text: string): void;
};

/** A project without secrets, and a user with keys of their own. */
export function openPlace(projectDirectory = temporaryFolder(), dataFolder = temporaryFolder()): TestPlace {
  const file = path.join(projectDirectory, SECRETS_FILE);
  mkdirSync(path.dirname(file), {recursive: true});
  return {
    projectDirectory,
    dataFolder,
    keys: openKeyFiles(dataFolder),
    file,
    text: () => readFileSync(file, 'utf8'),
    write: text => writeFileSync(file, text),
  };
}

/** Keys in memory. */
export function memoryKeys(...known: readonly SecretKey[]): KeyStore {
  const keys = new Map(known.map(key => [key.id, key]));
  return {
    find: async id => keys.get(id),
    save: async key => void keys.set(key.id, key),
    remove: async id => void keys.delete(id),
  };
}

export const hasCode =
  (code: string, message = /(?:)/) =>
  (error: unknown): boolean =>
    errorCode(error) === code && message.test((error as Error).message);
