// What was put into which trust store, in a file of the user's, written before each step: a root can be taken out of every
// store it was put in, also when that store is not found by looking any more, or its name does not say any more whose it is.

import {TakoError} from '../../system/error.js';
import {PRIVATE_FILE, readTextIfExists, writeFileAtomic} from '../../system/files.js';
import {isSameInstallation} from './store-location.js';
import type {Installation} from './trust-store.js';

export type InstallationRecord = {
  readonly all: readonly Installation[];
  /** The fingerprint of the root that is being replaced, from the beginning of a rotation to its end. */
  readonly rotatedFrom: string | undefined;
  add(installation: Installation): Promise<void>;
  /** Forgets those that `isKept` does not answer for. */
  retain(isKept: (installation: Installation) => boolean): Promise<void>;
  setRotatedFrom(fingerprint: string | undefined): Promise<void>;
};

type Content = {readonly installed: readonly Installation[]; readonly rotatedFrom?: string | undefined};

/**
 * Opens the record of a file. Each change is made to what the file has at that moment. Throws RECORDS_DAMAGED: without it a
 * root may stay where nobody looks.
 */
export async function openInstallationRecord(file: string): Promise<InstallationRecord> {
  let content = parse(await readTextIfExists(file), file);
  async function change(next: (content: Content) => Content): Promise<void> {
    const before = parse(await readTextIfExists(file), file);
    content = next(before);
    if (JSON.stringify(content) === JSON.stringify(before)) return;
    await writeFileAtomic(file, `${JSON.stringify({version: 1, ...content}, undefined, 2)}\n`, PRIVATE_FILE);
  }
  return {
    get all() {
      return content.installed;
    },
    get rotatedFrom() {
      return content.rotatedFrom;
    },
    add: installation =>
      change(({installed, ...rest}) => ({
        ...rest,
        installed: installed.some(other => isSameInstallation(other, installation))
          ? installed
          : [...installed, installation],
      })),
    retain: isKept => change(({installed, ...rest}) => ({...rest, installed: installed.filter(isKept)})),
    setRotatedFrom: rotatedFrom => change(({installed}) => ({installed, rotatedFrom})),
  };
}

function parse(text: string | undefined, file: string): Content {
  if (text === undefined) return {installed: []};
  try {
    const {version, installed, rotatedFrom} = JSON.parse(text) as Record<string, unknown>;
    if (version === 1 && Array.isArray(installed)) {
      return {installed, ...(typeof rotatedFrom === 'string' ? {rotatedFrom} : {})};
    }
  } catch {}
  throw new TakoError('RECORDS_DAMAGED', `${file} cannot be read: it says which trust stores have tako's certificate`, {
    hint: 'restore it from a backup; or move it away, and look into docs/trust.md for stores that tako does not find',
  });
}
