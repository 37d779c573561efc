import type {Config} from '../../config/config.js';
import type {ProjectFacts} from '../../config/project-facts.js';
import {decideDelivery, type SecretDelivery} from '../../secrets/delivery.js';
import {openKeyFiles} from '../../secrets/keys/key-files.js';
import {readSecrets, type SecretValues} from '../../secrets/read-secrets.js';
import type {Context} from '../context.js';

/** The secrets of an environment with their values. Throws as `readSecrets`. */
export const loadSecrets = ({paths}: Context, directory: string, environment: string): Promise<SecretValues> =>
  readSecrets(directory, environment, openKeyFiles(paths.data));

/** How the app is given its secrets: as tako.toml says, else as what it depends on suggests. */
export const secretDelivery = ({secretDelivery: wanted}: Config, {dependencies}: ProjectFacts): SecretDelivery =>
  decideDelivery(wanted, dependencies);
