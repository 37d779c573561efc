import {SECRETS_FILE} from '../../secrets/secret-file.js';
import {refreshAllTypes} from '../generate/generate-types.js';
import {printJson, printNote, printResult} from '../output.js';
import {noteIfIgnored, type SecretsContext, type SecretsFlags} from './secrets-context.js';
import {type EnvironmentSync, isSynced, printSync, syncEnvironment, syncToJson} from './sync.js';

/** Names of secrets, by what became of them. */
export type SecretsChange = {
  readonly set: readonly string[];
  readonly removed: readonly string[];
  /** They had that value already. */
  readonly unchanged: readonly string[];
  /** Variables that tako sets itself. */
  readonly skipped: readonly string[];
};

export const NO_CHANGE: SecretsChange = {set: [], removed: [], unchanged: [], skipped: []};

export type ChangeFlags = SecretsFlags & {readonly sync?: boolean};

/** Says what was changed, and sends it to servers where that is wanted. The exit code is 1 when one did not get it. */
export async function reportChange(opened: SecretsContext, change: SecretsChange, flags: ChangeFlags): Promise<void> {
  for (const note of await refreshAllTypes([opened.project])) printNote(note);
  await noteIfIgnored(opened);
  const synced = flags.sync ? await syncEnvironment(opened, flags.env, flags) : undefined;
  if (synced && !isSynced(synced)) process.exitCode = 1;
  if (flags.json) printJson(toJson(change, flags.env, synced));
  else printChange(change, flags.env, synced);
}

const toJson = (change: SecretsChange, environment: string, synced: EnvironmentSync | undefined): object => ({
  ok: synced === undefined || isSynced(synced),
  environment,
  ...change,
  servers: synced === undefined ? null : syncToJson(synced).servers,
});

function printChange(change: SecretsChange, environment: string, synced: EnvironmentSync | undefined): void {
  const {set, removed, unchanged, skipped} = change;
  const say = (names: readonly string[], what: string): void => {
    if (names.length > 0)
      printResult(`${environment}: ${names.join(', ')} ${names.length === 1 ? 'is' : 'are'} ${what}`);
  };
  say(set, `set in ${SECRETS_FILE}`);
  say(removed, `removed from ${SECRETS_FILE}`);
  say(unchanged, 'as before');
  say(skipped, 'left out: tako sets such variables itself');
  if (synced) printSync(synced);
}
