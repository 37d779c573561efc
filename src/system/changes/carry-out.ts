// Does what a plan says and takes it back. The record is written first, so that the next run finds what one that was killed had
// begun; each step may be done twice.

import {TakoError} from '../error.js';
import type {Run, ShellCommand} from '../exec.js';
import {type Change, contentAfter, withoutBlock} from './change.js';
import type {ChangeRecord, ChangeRecords, FileRecord} from './change-record.js';
import {missingFolders, must, readState, removeAs, removeDraft, writeAs} from './file-commands.js';
import type {ChangeStep} from './plan-changes.js';

export type CarryOut = {
  readonly records: ChangeRecords;
  readonly run: Run;
  /** Told of what could not be taken back as it was; the rest is. */
  readonly onLeft: (text: string) => void;
};

/** Throws CHANGE_FAILED, ELEVATION_REFUSED or TOOL_MISSING; what was done until then stands, and is on record. */
export const carryOut = (step: ChangeStep, context: CarryOut): Promise<void> =>
  step.kind === 'apply' ? applyChange(step.change, context) : undoChange(step.record, context);

async function applyChange(change: Change, {records, run}: CarryOut): Promise<void> {
  const {id, title, apply, beforeUndo, afterUndo} = change;
  const known = records.find(id);
  const files = await Promise.all(
    change.files.map(async (edit): Promise<FileRecord> => {
      const now = await readState(edit.path);
      const file = known?.files.find(({path}) => path === edit.path);
      return {
        path: edit.path,
        elevated: edit.elevated,
        isBlock: 'block' in edit,
        // The first one: what a run before has written is not as it was before tako.
        before: file ? file.before : (now ?? null),
        after: contentAfter(edit, now?.content),
        folders: file ? file.folders : missingFolders(edit.path),
      };
    }),
  );
  const record = {id, title, files, apply, beforeUndo, afterUndo};
  await records.put({...record, state: 'begun'});
  for (const file of files) await writeRecorded(file, run);
  for (const command of apply) await must(run, command);
  await records.put({...record, state: 'done'});
}

async function writeRecorded({path, elevated, after, before}: FileRecord, run: Run): Promise<void> {
  const now = await readState(path);
  if (now?.content === after) return;
  await writeAs(run, {path, elevated, content: after, like: now ?? before ?? undefined});
}

async function undoChange(record: ChangeRecord, context: CarryOut): Promise<void> {
  const {records} = context;
  await records.put({...record, state: 'begun'});
  for (const command of record.beforeUndo) await attempt(command, context);
  for (const file of record.files.toReversed()) await putBack(file, context);
  for (const command of record.afterUndo) await attempt(command, context);
  await records.remove(record.id);
}

/** What stops or tells a service that is not there any more does no harm by failing. */
async function attempt(command: ShellCommand, {run, onLeft}: CarryOut): Promise<void> {
  try {
    await must(run, command);
  } catch (error) {
    if (!(error instanceof TakoError) || error.code === 'ELEVATION_REFUSED') throw error;
    onLeft([error.message, ...error.details].join('; '));
  }
}

async function putBack(file: FileRecord, {run, onLeft}: CarryOut): Promise<void> {
  const {path, elevated, before, folders} = file;
  await removeDraft(run, path, elevated);
  const now = await readState(path);
  const {content, isForeign} = contentBefore(file, now?.content);
  if (isForeign) return onLeft(`${path} was changed by somebody else, and is left as it is`);
  if (content === undefined) return removeAs(run, {path, elevated, folders});
  if (now?.content === content) return;
  await writeAs(run, {path, elevated, content, like: now ?? before ?? undefined});
}

type ContentBefore = {readonly content?: string | undefined; readonly isForeign?: boolean};

/** No content: there was no file. Of what somebody else has changed since, only a block can be taken out. */
function contentBefore({before, after, isBlock}: FileRecord, now: string | undefined): ContentBefore {
  if (now === after || now === before?.content) return {content: before?.content};
  if (now === undefined || !isBlock) return {isForeign: true};
  const rest = withoutBlock(now);
  // The end of a last line that had none, which the block needed.
  if (before && rest === `${before.content}\n`) return {content: before.content};
  return rest === '' && before === null ? {} : {content: rest};
}
