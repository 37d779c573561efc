import {findCurrentKey, keyLinesOf} from '../../secrets/change-secrets.js';
import {type Expiry, expiryOf} from '../../secrets/expiry.js';
import {type Entry, environmentsOf, isSecret, type SecretFile, secretNamesOf} from '../../secrets/secret-file.js';
import type {ConfigFlag} from '../context.js';
import {printJson, printResult} from '../output.js';
import {openSecretsContext, requireEnvironment, type SecretsContext} from './secrets-context.js';

type ListFlags = ConfigFlag & {readonly env?: string; readonly json?: boolean};

type ListedSecret = {
  readonly name: string;
  readonly expiresOn: string | null;
  /** `conflict`: two branches have said something else. `unbound`: of the existing format, not written anew yet. */
  readonly state: 'set' | 'soon' | 'expired' | 'conflict' | 'unbound';
};

type ListedEnvironment = {
  readonly environment: string;
  /** Null: nothing was encrypted yet. */
  readonly keyId: string | null;
  /** Whether this machine can decrypt them. */
  readonly hasKey: boolean;
  readonly secrets: readonly ListedSecret[];
};

/** Names only: no key is needed, and no value is printed. */
export async function listSecrets(flags: ListFlags): Promise<void> {
  const opened = await openSecretsContext(flags);
  if (flags.env !== undefined) requireEnvironment(opened, flags.env);
  const names = flags.env === undefined ? environmentsOf(opened.file) : [flags.env];
  const environments = await Promise.all(names.map(name => describe(opened, name, Date.now())));
  if (flags.json) printJson({ok: true, environments});
  else printResult(renderTable(environments));
}

async function describe({file, place}: SecretsContext, environment: string, now: number): Promise<ListedEnvironment> {
  const [line] = keyLinesOf(file, environment);
  return {
    environment,
    keyId: line?.keyId ?? null,
    hasKey: (await findCurrentKey(file, environment, place.keys)) !== undefined,
    secrets: secretNamesOf(file, environment).map(name => describeSecret(file, environment, name, now)),
  };
}

function describeSecret({entries}: SecretFile, environment: string, name: string, now: number): ListedSecret {
  const found = entries.filter(entry => entry.environment === environment && entry.name === name && isSecret(entry));
  const [entry] = found;
  const expiresOn = entry?.expiresOn ?? null;
  return {name, expiresOn, state: stateOf(found, expiryOf(expiresOn, now))};
}

function stateOf(found: readonly Entry[], expiry: Expiry): ListedSecret['state'] {
  if (found.length > 1) return 'conflict';
  if (expiry === 'expired' || expiry === 'soon') return expiry;
  return found[0]?.sealed.kind === 'unbound' ? 'unbound' : 'set';
}

/** A row for each name, a column for each environment. */
function renderTable(environments: readonly ListedEnvironment[]): string {
  const names = [...new Set(environments.flatMap(({secrets}) => secrets.map(({name}) => name)))].sort();
  if (names.length === 0) return 'no secrets yet; "tako secrets set NAME" sets one';
  const head = [
    'NAME',
    ...environments.map(({environment, hasKey}) => `${environment}${hasKey ? '' : ' (no key here)'}`),
  ];
  const rows = names.map(name => [
    name,
    ...environments.map(({secrets}) => renderState(secrets.find(secret => secret.name === name))),
  ]);
  const widths = head.map((_, place) => Math.max(...[head, ...rows].map(row => (row[place] ?? '').length)));
  return [head, ...rows]
    .map(row =>
      row
        .map((cell, place) => cell.padEnd(widths[place] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function renderState(secret: ListedSecret | undefined): string {
  if (secret === undefined) return '-';
  const {state, expiresOn} = secret;
  if (state === 'expired') return `expired ${expiresOn}`;
  if (state === 'conflict') return 'two values';
  return expiresOn === null ? 'set' : `set until ${expiresOn}`;
}
