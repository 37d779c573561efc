import {changeSecrets, type NewSecret} from '../../secrets/change-secrets.js';
import {parseDotenv, renderDotenv} from '../../secrets/dotenv.js';
import {openSecrets} from '../../secrets/read-secrets.js';
import {requireSecretName, requireSecretValue} from '../../secrets/secret-name.js';
import {TakoError} from '../../system/error.js';
import {editPrivately} from './private-editor.js';
import {NO_CHANGE, reportChange} from './report-change.js';
import {openSecretsContext, requireEnvironment, type SecretsFlags} from './secrets-context.js';
import {namesOf, partitionChanged} from './set.js';

/** All secrets of an environment in an editor, as a .env file; what is taken out there is removed. */
export async function editSecrets(flags: SecretsFlags): Promise<void> {
  const opened = await openSecretsContext(flags);
  const {env: environment} = flags;
  requireEnvironment(opened, environment);
  const before = await openSecrets(opened.file, environment, opened.place.keys);
  const text = introduction(environment) + renderDotenv(before);
  const after = await editPrivately(text, edited => readEdited(edited, text));
  const expiryOf = (name: string): string | null =>
    opened.file.entries.find(entry => entry.environment === environment && entry.name === name)?.expiresOn ?? null;
  const wanted = after.map(({name, value}): NewSecret => ({name, value, expiresOn: expiryOf(name)}));
  const {changed} = await partitionChanged(opened, environment, wanted);
  const removed = Object.keys(before).filter(name => !namesOf(wanted).includes(name));
  await changeSecrets(opened.place, environment, {set: changed, remove: removed});
  await reportChange(opened, {...NO_CHANGE, set: namesOf(changed), removed}, flags);
}

const introduction = (environment: string): string =>
  `# The secrets of ${environment}. What you take out is removed; an unchanged or empty file changes nothing.\n`;

/** Throws CANCELLED for one that was left as it is or emptied, and what is wrong with any other. */
function readEdited(edited: string, text: string): readonly {readonly name: string; readonly value: string}[] {
  if (edited === text || edited.trim() === '') throw new TakoError('CANCELLED', 'nothing was changed');
  const entries = parseDotenv(edited);
  for (const {name, value} of entries) {
    requireSecretName(name);
    requireSecretValue(name, value);
  }
  return entries;
}
