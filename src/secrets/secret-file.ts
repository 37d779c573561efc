// What .tako/secrets.json says, before anything is decrypted. Names, environments and expiry are readable by everyone.

/** Where a project keeps its secrets, from its own folder. */
export const SECRETS_FILE = '.tako/secrets.json';

export type SecretFile = {
  /** 1: the existing format, whose values are bound to nothing. 2: ours. */
  readonly format: 1 | 2;
  readonly keys: readonly KeyLine[];
  /** Two of the same name: two branches have said something else. */
  readonly entries: readonly Entry[];
};

/** With which key an environment is written. Two of one environment: two branches have made or rotated it. */
export type KeyLine = {
  readonly environment: string;
  readonly keyId: string;
  /** An empty value made with the key, which proves that a key is the right one. Null: there is none. */
  readonly check: string | null;
};

export type Entry = {
  readonly environment: string;
  /** `API_KEY` for a secret; others have the section in front, as `credentials/postgres_url`. */
  readonly name: string;
  readonly sealed: Sealed;
  /** The day from which on it is expired, as 2027-01-31. */
  readonly expiresOn: string | null;
};

export type Sealed =
  | {readonly kind: 'bound' | 'unbound'; readonly keyId: string; readonly data: string}
  /** Something of the existing format that is kept as it is. */
  | {readonly kind: 'opaque'; readonly data: string};

export const NO_SECRETS: SecretFile = {format: 2, keys: [], entries: []};

/** `production/API_KEY`: what people are told of. */
export const entryPath = ({environment, name}: Pick<Entry, 'environment' | 'name'>): string => `${environment}/${name}`;

/** Whether it is given to apps; what is not belongs to tako. */
export const isSecret = ({name}: Entry): boolean => !name.includes('/');

/** Every environment that is spoken of, sorted. */
export const environmentsOf = ({keys, entries}: SecretFile): readonly string[] =>
  [...new Set([...keys, ...entries].map(({environment}) => environment))].sort();

/** The names of the secrets of an environment, sorted. */
export const secretNamesOf = ({entries}: SecretFile, environment: string): readonly string[] =>
  [
    ...new Set(entries.filter(entry => entry.environment === environment && isSecret(entry)).map(({name}) => name)),
  ].sort();

/** Entries that are there more than once with something else in each. */
export function conflictsOf({entries}: SecretFile): readonly string[] {
  const paths = entries.map(entryPath);
  return [...new Set(paths.filter((path, place) => paths.indexOf(path) !== place))].sort();
}

/** The order in which entries are written: that of their characters, whatever the language. */
export const byPath = (a: Pick<Entry, 'environment' | 'name'>, b: Pick<Entry, 'environment' | 'name'>): number =>
  compare(a.environment, b.environment) || compare(a.name, b.name);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
