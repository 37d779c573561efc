import {type NewSecret, setSecrets} from '../../secrets/change-secrets.js';
import {parseExpiry} from '../../secrets/expiry.js';
import {openEntry} from '../../secrets/read-secrets.js';
import {isSecret} from '../../secrets/secret-file.js';
import {requireSecretName} from '../../secrets/secret-name.js';
import {type ChangeFlags, NO_CHANGE, reportChange} from './report-change.js';
import {readSecretInput} from './secret-input.js';
import {openSecretsContext, requireEnvironment, type SecretsContext} from './secrets-context.js';

/** Sets one secret of an environment. */
export async function setSecret(name: string, flags: ChangeFlags & {readonly expiresOn?: string}): Promise<void> {
  const opened = await openSecretsContext(flags);
  requireEnvironment(opened, flags.env);
  // Before somebody types a value.
  requireSecretName(name);
  const expiresOn = parseExpiry(flags.expiresOn ?? '', Date.now());
  const value = await readSecretInput(`value of ${flags.env}/${name}: `);
  const {changed, unchanged} = await partitionChanged(opened, flags.env, [{name, value, expiresOn}]);
  // The first of an environment makes its key; one that is as before makes no change in git.
  if (changed.length > 0) await setSecrets(opened.place, flags.env, changed);
  await reportChange(opened, {...NO_CHANGE, set: namesOf(changed), unchanged: namesOf(unchanged)}, flags);
}

export const namesOf = (secrets: readonly {readonly name: string}[]): readonly string[] =>
  secrets.map(({name}) => name);

/** Which of them are there with the same value and day, and only once. Of what cannot be read, nothing is known. */
export async function partitionChanged(
  {file, place}: SecretsContext,
  environment: string,
  secrets: readonly NewSecret[],
): Promise<{readonly changed: readonly NewSecret[]; readonly unchanged: readonly NewSecret[]}> {
  const changed: NewSecret[] = [];
  const unchanged: NewSecret[] = [];
  for (const secret of secrets) {
    const known = file.entries.filter(
      entry => entry.environment === environment && entry.name === secret.name && isSecret(entry),
    );
    const [entry] = known;
    const isSame =
      known.length === 1 &&
      entry?.sealed.kind === 'bound' &&
      entry.expiresOn === secret.expiresOn &&
      (await openEntry(entry, place.keys).catch(() => undefined)) === secret.value;
    (isSame ? unchanged : changed).push(secret);
  }
  return {changed, unchanged};
}
