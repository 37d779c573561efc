import type {Project} from '../config/load-project.js';
import {readProjectFacts} from '../config/project-facts.js';
import type {ProjectSecrets} from '../prod/deploy/deploy-secrets.js';
import {decideDelivery} from '../secrets/delivery.js';
import {expiryOf} from '../secrets/expiry.js';
import {requireTotalSize} from '../secrets/given-secrets.js';
import {loadSecretFile, openSecrets} from '../secrets/read-secrets.js';
import {environmentsOf, isSecret, type SecretFile} from '../secrets/secret-file.js';
import {type Context, loadUserSettings, userKeys} from './context.js';

/**
 * The secrets of an environment of the project, as they are given to a server. Throws what reading them throws: all of them,
 * or nothing.
 */
export async function readProjectSecrets(
  context: Context,
  {directory, config}: Project,
  environment: string,
): Promise<{readonly secrets: ProjectSecrets; readonly warnings: readonly string[]}> {
  const file = await loadSecretFile(directory);
  if (!environmentsOf(file).includes(environment)) return {secrets: undefined, warnings: []};
  const keys = userKeys(context, await loadUserSettings(context));
  const values = await openSecrets(file, environment, keys);
  requireTotalSize(values);
  const {dependencies} = await readProjectFacts(directory);
  const delivery = decideDelivery(config.secretDelivery, dependencies);
  return {secrets: {delivery, values: {...values}}, warnings: expiryWarnings(file, environment, Date.now())};
}

function expiryWarnings({entries}: SecretFile, environment: string, now: number): readonly string[] {
  return entries
    .filter(entry => entry.environment === environment && isSecret(entry))
    .flatMap(({name, expiresOn}) => {
      const expiry = expiryOf(expiresOn, now);
      if (expiry === 'expired') return [`${environment}/${name} has expired on ${expiresOn}`];
      return expiry === 'soon' ? [`${environment}/${name} expires on ${expiresOn}`] : [];
    });
}
