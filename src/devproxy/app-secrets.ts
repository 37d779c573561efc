// The secrets of the apps: read anew for each launch, kept in the memory of the daemon only, and masked in all that it keeps
// or tells of an app.

import type {Registration} from '../control/protocol.js';
import type {KeyStore} from '../secrets/keys/key-store.js';
import {readSecrets, type SecretValues} from '../secrets/read-secrets.js';
import {createSecretMask, NO_MASK, type SecretMask} from '../secrets/secret-mask.js';

/** Of the environments of a project, the one that runs here. */
const ENVIRONMENT = 'development';

type Project = Pick<Registration, 'name' | 'directory'>;

export type AppSecrets = {
  /** Whether they can be read: rejects with what is wrong with them. */
  check(project: Project): Promise<void>;
  /** Reads them for a launch; `of` gives these from then on. Rejects with what is wrong with them. */
  prepare(project: Project): Promise<void>;
  /** Whether those that were checked last are others than those of the last launch. */
  haveChanged(app: string): boolean;
  /** Those of the last launch. */
  of(app: string): SecretValues;
  /** Of all that was ever read for the app, as long as it is registered. */
  maskOf(app: string): SecretMask;
  forget(app: string): void;
};

type Known = {
  checked: SecretValues;
  launched: SecretValues;
  readonly seen: Map<string, readonly [name: string, value: string]>;
  mask: SecretMask;
};

const NO_VALUES: SecretValues = Object.freeze(Object.create(null));

export function createAppSecrets(keys: KeyStore): AppSecrets {
  const known = new Map<string, Known>();

  function knownOf(app: string): Known {
    const entry = known.get(app) ?? {checked: NO_VALUES, launched: NO_VALUES, seen: new Map(), mask: NO_MASK};
    known.set(app, entry);
    return entry;
  }

  async function check({name, directory}: Project): Promise<void> {
    const values = await readSecrets(directory, ENVIRONMENT, keys);
    const entry = knownOf(name);
    entry.checked = values;
    for (const pair of Object.entries(values)) entry.seen.set(JSON.stringify(pair), pair);
    entry.mask = createSecretMask([...entry.seen.values()]);
  }

  const maskOf = (app: string): SecretMask => known.get(app)?.mask ?? NO_MASK;
  return {
    check,
    async prepare(project) {
      await check(project);
      const entry = knownOf(project.name);
      entry.launched = entry.checked;
    },
    haveChanged(app) {
      const {checked, launched} = knownOf(app);
      return JSON.stringify(checked) !== JSON.stringify(launched);
    },
    of: app => known.get(app)?.launched ?? NO_VALUES,
    maskOf,
    forget: app => void known.delete(app),
  };
}
