// An app's variables come from several places, one above the other. What an app gets and what `tako env` says of it are made
// of the same layers, so that they cannot differ.

import type {Named} from './config.js';

/** Where variables come from. `vars.production` is the table of tako.toml for that environment. */
export type VariableSource =
  | 'terminal'
  | 'workspace'
  | 'trust'
  | 'framework'
  | 'vars'
  | `vars.${string}`
  | 'secrets'
  | 'tako';

/** `Value` is a string where the values themselves are of interest. */
export type VariableLayer<Value = string> = {readonly source: VariableSource; readonly variables: Named<Value>};

/** The variables themselves: of two with the same name the one of the later layer. */
export const mergeLayers = (layers: readonly VariableLayer[]): Record<string, string> =>
  Object.assign({}, ...layers.map(({variables}) => variables));

export type ExplainedVariable<Value> = {
  readonly name: string;
  readonly value: Value;
  readonly source: VariableSource;
  /** The places whose value it takes the place of, the one that comes next first. */
  readonly overrides: readonly VariableSource[];
};

/** The same with where each comes from, by name. */
export function explainLayers<Value>(layers: readonly VariableLayer<Value>[]): readonly ExplainedVariable<Value>[] {
  const found = new Map<string, ExplainedVariable<Value>>();
  for (const {source, variables} of layers) {
    for (const [name, value] of Object.entries(variables)) {
      found.set(name, {name, value, source, overrides: overriddenBy(source, found.get(name))});
    }
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Tako's own over tako's own is nothing to be told. */
function overriddenBy(
  source: VariableSource,
  below: Omit<ExplainedVariable<unknown>, 'value'> | undefined,
): readonly VariableSource[] {
  if (!below) return [];
  return [below.source, ...below.overrides].filter(other => other !== source);
}
