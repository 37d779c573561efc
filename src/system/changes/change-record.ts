// What was done to this machine and not taken back, in a file of the user's: written before each change begins, so that one
// that is cut short, by a crash or a loss of power, can be completed or taken back.

import {TakoError} from '../error.js';
import type {ShellCommand} from '../exec.js';
import {readTextIfExists, writeFileAtomic} from '../files.js';

export type ChangeRecord = {
  readonly id: string;
  readonly title: string;
  /** `begun`: it may be done in part, or taken back in part. */
  readonly state: 'begun' | 'done';
  readonly files: readonly FileRecord[];
  /** What applied it: where that is another by now, it has to be applied again. */
  readonly apply: readonly ShellCommand[];
  readonly beforeUndo: readonly ShellCommand[];
  readonly afterUndo: readonly ShellCommand[];
};

export type FileRecord = {
  readonly path: string;
  readonly elevated: boolean;
  readonly isBlock: boolean;
  /** As it was before tako; null where there was no file. */
  readonly before: {readonly content: string; readonly mode: number; readonly uid: number; readonly gid: number} | null;
  /** What tako wrote. */
  readonly after: string;
  /** Folders that were made for it, outermost first. */
  readonly folders: readonly string[];
};

export type ChangeRecords = {
  readonly all: readonly ChangeRecord[];
  find(id: string): ChangeRecord | undefined;
  /** Adds it, or puts it in the place of the one of this id. */
  put(record: ChangeRecord): Promise<void>;
  remove(id: string): Promise<void>;
};

/** Opens the records of a file. Throws RECORDS_DAMAGED: without them nothing can be taken back. */
export async function openChangeRecords(file: string): Promise<ChangeRecords> {
  let all = parse(await readTextIfExists(file), file);
  async function write(next: readonly ChangeRecord[]): Promise<void> {
    await writeFileAtomic(file, `${JSON.stringify({version: 1, changes: next}, undefined, 2)}\n`);
    all = next;
  }
  return {
    get all() {
      return all;
    },
    find: id => all.find(record => record.id === id),
    put: record =>
      write(
        all.some(({id}) => id === record.id)
          ? all.map(other => (other.id === record.id ? record : other))
          : [...all, record],
      ),
    remove: id => write(all.filter(record => record.id !== id)),
  };
}

function parse(text: string | undefined, file: string): readonly ChangeRecord[] {
  if (text === undefined) return [];
  try {
    const document = JSON.parse(text) as {version: unknown; changes: unknown};
    if (document.version === 1 && Array.isArray(document.changes)) return document.changes as ChangeRecord[];
  } catch {}
  throw new TakoError('RECORDS_DAMAGED', `${file} cannot be read: it says what tako changed on this machine`, {
    hint: 'restore it from a backup; or move it away and take the changes back by hand (docs/setup.md lists them)',
  });
}
