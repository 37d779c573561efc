// What `tako env` says: a value of tako.toml or of tako, and nothing but the name of what may be a secret.

import {type ExplainedVariable, explainLayers, type VariableLayer} from '../../config/variable-layers.js';
import type {SecretDelivery} from '../../secrets/delivery.js';
import type {DotenvFile} from './dotenv-files.js';

/** A value is null where it is a secret, the terminal's, or not known before the app starts. */
export type ShownLayer = VariableLayer<string | null>;

export type ShownVariable = ExplainedVariable<string | null>;

export type EnvironmentReport = {
  readonly environment: string;
  /** By name. */
  readonly variables: readonly ShownVariable[];
  readonly secrets: {readonly delivery: SecretDelivery; readonly names: readonly string[]};
  readonly files: readonly (DotenvFile & {
    /** Those of its names that the app does not get from anywhere else. */
    readonly missing: readonly string[];
  })[];
};

export type EnvironmentFacts = {
  readonly environment: string;
  /** Lowest first. */
  readonly layers: readonly ShownLayer[];
  readonly secrets: EnvironmentReport['secrets'];
  readonly files: readonly DotenvFile[];
};

/** The names of a layer alone. */
export const withoutValues = ({source, variables}: VariableLayer): ShownLayer => ({
  source,
  variables: Object.fromEntries(Object.keys(variables).map(name => [name, null])),
});

export function reportEnvironment({environment, layers, secrets, files}: EnvironmentFacts): EnvironmentReport {
  const variables = explainLayers(layers);
  const known = new Set([...variables.map(({name}) => name), ...secrets.names]);
  return {
    environment,
    variables,
    secrets,
    files: files.map(file => ({...file, missing: file.names.filter(name => !known.has(name))})),
  };
}
