import {existsSync, readFileSync} from 'node:fs';
import {carryOut} from '../../system/changes/carry-out.js';
import type {Change} from '../../system/changes/change.js';
import type {ChangeRecord, ChangeRecords} from '../../system/changes/change-record.js';
import {type ChangeStep, type PlannedEdit, planChanges} from '../../system/changes/plan-changes.js';
import {printNote} from '../output.js';
import {describeCommand, type Step} from './step.js';

/** What leads from what the machine has to what is wanted of it. */
export const changeSteps = (wanted: readonly Change[], records: ChangeRecords): readonly Step[] =>
  planChanges(wanted, records.all, readIfExists).map(step => ({
    title: step.kind === 'apply' ? step.change.title : `take back: ${step.record.title}`,
    details: step.kind === 'apply' ? describeChange(step.change, step.edits) : describeUndo(step.record),
    needsRoot: needsRoot(step),
    run: run => carryOut(step, {records, run, onLeft: text => printNote(`warning: ${text}`)}),
  }));

const readIfExists = (file: string): string | undefined => (existsSync(file) ? readFileSync(file, 'utf8') : undefined);

function needsRoot(step: ChangeStep): boolean {
  const {files} = step.kind === 'apply' ? step.change : step.record;
  const commands = step.kind === 'apply' ? step.change.apply : [...step.record.beforeUndo, ...step.record.afterUndo];
  return [...files, ...commands].some(({elevated}) => elevated === true);
}

const describeChange = ({apply}: Change, edits: readonly PlannedEdit[]): readonly string[] => [
  ...edits.flatMap(describeEdit),
  ...apply.map(describeCommand),
];

const describeUndo = ({beforeUndo, files, afterUndo}: ChangeRecord): readonly string[] => [
  ...beforeUndo.map(describeCommand),
  ...files.map(({path, before, isBlock}) =>
    isBlock && before ? `take tako's lines out of ${path}` : before ? `put ${path} back as it was` : `delete ${path}`,
  ),
  ...afterUndo.map(describeCommand),
];

/** The lines that go and those that come. */
export function describeEdit({path, before, after}: PlannedEdit): readonly string[] {
  const [old, next] = [linesOf(before ?? ''), linesOf(after)];
  const start = commonLength(old, next);
  const end = commonLength(old.slice(start).reverse(), next.slice(start).reverse());
  return [
    `${before === undefined ? 'write' : 'edit'} ${path}`,
    ...old.slice(start, old.length - end).map(line => `  - ${line}`),
    ...next.slice(start, next.length - end).map(line => `  + ${line}`),
  ];
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

function commonLength(one: readonly string[], other: readonly string[]): number {
  const differs = one.findIndex((line, index) => line !== other[index]);
  return differs < 0 ? Math.min(one.length, other.length) : differs;
}
