import {blockOf} from '../../system/changes/change.js';
import {type ChangeRecord, type FileRecord, openChangeRecords} from '../../system/changes/change-record.js';
import {readState} from '../../system/changes/file-commands.js';
import {broken, type Finding, fine, warning} from './finding.js';

/** Something that setup did, and what there is of it now. */
export type SetupChange = {
  readonly record: ChangeRecord;
  /** Paths of those that are not as setup wrote them. */
  readonly altered: readonly string[];
  /** Those that cannot be read. */
  readonly unreadable: readonly string[];
};

/** Throws RECORDS_DAMAGED. */
export async function readChanges(file: string): Promise<readonly SetupChange[]> {
  return Promise.all((await openChangeRecords(file)).all.map(readChange));
}

async function readChange(record: ChangeRecord): Promise<SetupChange> {
  const files = await Promise.all(
    record.files.map(async file => {
      const now = await readState(file.path).catch(() => 'unreadable' as const);
      return {
        path: file.path,
        state: now === 'unreadable' ? now : isAsWritten(file, now?.content) ? 'kept' : 'altered',
      };
    }),
  );
  const pathsOf = (state: string): string[] => files.filter(file => file.state === state).map(({path}) => path);
  return {record, altered: pathsOf('altered'), unreadable: pathsOf('unreadable')};
}

/** In a file of somebody else's tako's lines have to be there: which names they have, the daemon keeps in step with the apps. */
const isAsWritten = ({after, isBlock}: FileRecord, now: string | undefined): boolean =>
  now !== undefined && (isBlock ? blockOf(now) !== '' : now === after);

/** Whether setup has done something about names that stands. */
export const areNamesSetUp = (changes: readonly SetupChange[]): boolean =>
  changes.some(({record: {id, state}}) => id.startsWith('name') && state === 'done');

/** Whether setup has had a service of the system open the ports for the daemon. */
export const arePortsSetUp = (changes: readonly SetupChange[]): boolean =>
  changes.some(({record: {id, state}}) => id.startsWith('port') && state === 'done');

export function checkChanges(changes: readonly SetupChange[]): readonly Finding[] {
  if (changes.length === 0) return [];
  const findings = changes.flatMap(describeChange);
  return findings.length > 0
    ? findings
    : [fine('setup-changes', `what setup did stands: ${changes.map(({record: {title}}) => title).join('; ')}`)];
}

function describeChange({record: {title, state}, altered, unreadable}: SetupChange): readonly Finding[] {
  if (state === 'begun') {
    const fix = 'tako setup completes it, tako setup --undo takes it back';
    return [broken('setup-changes', `setup was cut short: ${title}`, fix)];
  }
  return [
    ...altered.map(file => broken('setup-changes', `${file} is no longer as setup wrote it: ${title}`, 'tako setup')),
    ...unreadable.map(file => warning('setup-changes', `${file}, which setup wrote, cannot be read`, 'tako setup')),
  ];
}
