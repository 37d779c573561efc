import type {Config} from '../../config/config.js';
import {RESERVED_VARIABLE, varsFor} from '../../config/vars.js';

/** A name that code may use, and the environments in which it means nothing. */
export type TypedName = {readonly name: string; readonly missingIn: readonly string[]};

/** Environment -> names. */
export type NamesByEnvironment = Readonly<Record<string, readonly string[]>>;

/** What code can know of its project. All of it is sorted. */
export type TypedProject = {
  /** Every value that ENV can have. */
  readonly environments: readonly string[];
  /** Variables of the process: those of tako.toml and, where they are given as such, the secrets. */
  readonly variables: readonly TypedName[];
  readonly secrets: readonly TypedName[];
  readonly storages: readonly TypedName[];
};

export type TypedProjectFacts = {
  readonly config: Config;
  readonly secrets: NamesByEnvironment;
  /** Whether secrets are variables of the process, too. */
  readonly areSecretsVariables: boolean;
};

/** These are there in any case, whatever tako.toml says. */
const STANDARD_ENVIRONMENTS = ['development', 'production'];

/**
 * What can be used in some environment, and where it lacks. An environment counts when tako.toml or a secret speaks of it:
 * a project without a word about production is not told that everything is missing there.
 */
export function describeTypes({config, secrets, areSecretsVariables}: TypedProjectFacts): TypedProject {
  const environments = sorted([
    ...Object.keys(config.environments),
    ...Object.keys(config.vars.byEnvironment),
    ...Object.keys(secrets),
  ]);
  const variables = namesIn(environments, environment => [
    ...Object.keys(varsFor(config, environment)),
    ...(areSecretsVariables ? (secrets[environment] ?? []) : []),
  ]);
  return {
    environments: sorted([...STANDARD_ENVIRONMENTS, ...environments]),
    variables: variables.filter(({name}) => name !== RESERVED_VARIABLE),
    secrets: namesIn(environments, environment => secrets[environment] ?? []),
    storages: namesIn(environments, environment => bindingsOf(config, environment)),
  };
}

const bindingsOf = ({environments}: Config, environment: string): readonly string[] =>
  Object.keys(environments[environment]?.storages ?? {});

function namesIn(
  environments: readonly string[],
  namesOf: (environment: string) => readonly string[],
): readonly TypedName[] {
  const known = environments.map(environment => ({environment, names: new Set(namesOf(environment))}));
  const all = sorted(known.flatMap(({names}) => [...names]));
  return all.map(name => ({
    name,
    missingIn: known.flatMap(({environment, names}) => (names.has(name) ? [] : [environment])),
  }));
}

const sorted = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();
