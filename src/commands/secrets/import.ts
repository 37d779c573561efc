import {readFile} from 'node:fs/promises';
import type {NewSecret} from '../../secrets/change-secrets.js';
import {setSecrets} from '../../secrets/change-secrets.js';
import {type DotenvEntry, parseDotenv} from '../../secrets/dotenv.js';
import {type SecretFile, secretNamesOf} from '../../secrets/secret-file.js';
import {isReservedName, isSecretName} from '../../secrets/secret-name.js';
import {errorCode, TakoError} from '../../system/error.js';
import {confirm} from '../confirm.js';
import {type ChangeFlags, NO_CHANGE, reportChange} from './report-change.js';
import {decodeInput, readStdin} from './secret-input.js';
import {openSecretsContext, requireEnvironment} from './secrets-context.js';
import {namesOf, partitionChanged} from './set.js';

/** Sets what a .env file has: all of it, or nothing. Empty values are left out, as they say nothing. */
export async function importSecrets(file: string, flags: ChangeFlags & {readonly yes?: boolean}): Promise<void> {
  const opened = await openSecretsContext(flags);
  requireEnvironment(opened, flags.env);
  const entries = parseDotenv(file === '-' ? await readStdin() : await readDotenvFile(file));
  requireNames(entries);
  const [reserved, own] = [entries.filter(isReserved), entries.filter(entry => !isReserved(entry))];
  const secrets = own.filter(({value}) => value !== '').map(entry => toSecret(entry, opened.file, flags.env));
  const {changed, unchanged} = await partitionChanged(opened, flags.env, secrets);
  const known = secretNamesOf(opened.file, flags.env);
  const overwritten = namesOf(changed).filter(name => known.includes(name));
  if (overwritten.length > 0 && !flags.yes) await confirm(`change ${overwritten.join(', ')} of ${flags.env}?`);
  if (changed.length > 0) await setSecrets(opened.place, flags.env, changed);
  const skipped = namesOf(reserved);
  await reportChange(opened, {...NO_CHANGE, set: namesOf(changed), unchanged: namesOf(unchanged), skipped}, flags);
}

const isReserved = ({name}: DotenvEntry): boolean => isReservedName(name);

/** A .env file says nothing of expiry: what is known stays. */
function toSecret({name, value}: DotenvEntry, {entries}: SecretFile, environment: string): NewSecret {
  const known = entries.find(entry => entry.environment === environment && entry.name === name);
  return {name, value, expiresOn: known?.expiresOn ?? null};
}

function requireNames(entries: readonly DotenvEntry[]): void {
  const wrong = entries.filter(({name}) => !isSecretName(name));
  if (wrong.length === 0) return;
  throw new TakoError('SECRET_NAME_INVALID', `${wrong.length} of the names cannot be names of secrets`, {
    hint: 'use A-Z, 0-9 and "_", with a letter first, as in API_KEY; nothing was changed',
    details: wrong.map(({name, line}) => `line ${line}: ${name}`),
  });
}

async function readDotenvFile(file: string): Promise<string> {
  try {
    return decodeInput(await readFile(file), file);
  } catch (error) {
    if (error instanceof TakoError) throw error;
    throw new TakoError('FILE_NOT_READABLE', `cannot read ${file}: ${errorCode(error) ?? 'unknown reason'}`, {
      cause: error,
    });
  }
}
