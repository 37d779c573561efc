import {isDeepStrictEqual} from 'node:util';
import {type Change, contentAfter} from './change.js';
import type {ChangeRecord} from './change-record.js';

/** What there is to do, in order. What is taken back comes first: two ways to the same end may exclude each other. */
export type ChangeStep =
  | {readonly kind: 'undo'; readonly record: ChangeRecord}
  | {readonly kind: 'apply'; readonly change: Change; readonly edits: readonly PlannedEdit[]};

export type PlannedEdit = {
  readonly path: string;
  /** Undefined where there is no file. */
  readonly before: string | undefined;
  readonly after: string;
};

/**
 * What leads from what is on record and on disk to what is wanted: nothing where all of it stands. `read` tells a file's
 * content, as it is at the moment. A change that was cut short is applied again.
 */
export function planChanges(
  wanted: readonly Change[],
  records: readonly ChangeRecord[],
  read: (path: string) => string | undefined,
): readonly ChangeStep[] {
  const stays = (record: ChangeRecord): boolean =>
    wanted.some(change => change.id === record.id && hasSameFiles(change, record));
  const undone = records.filter(record => !stays(record)).toReversed();
  const applied = wanted.flatMap((change): ChangeStep[] => {
    const edits = editsOf(change, read);
    const record = records.find(({id}) => id === change.id);
    const isDone = record?.state === 'done' && change.isInEffect !== false;
    const stands = isDone && stays(record) && isDeepStrictEqual(record.apply, change.apply);
    return stands && edits.length === 0 ? [] : [{kind: 'apply', change, edits}];
  });
  return [...undone.map((record): ChangeStep => ({kind: 'undo', record})), ...applied];
}

const hasSameFiles = (change: Change, record: ChangeRecord): boolean =>
  isDeepStrictEqual(
    change.files.map(({path}) => path),
    record.files.map(({path}) => path),
  );

function editsOf({files}: Change, read: (path: string) => string | undefined): PlannedEdit[] {
  const edits = files.map(edit => {
    const before = read(edit.path);
    return {path: edit.path, before, after: contentAfter(edit, before)};
  });
  return edits.filter(({before, after}) => before !== after);
}
