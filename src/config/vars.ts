import type {Config, Named, Vars} from './config.js';
import {anyTable, field, readNamed} from './field.js';
import {splitTable, TomlDateTime, type TomlTable} from './toml.js';
import {environmentName, variableName} from './value.js';
import type {VariableLayer} from './variable-layers.js';

/** Set by tako itself: the environment's name. */
export const RESERVED_VARIABLE = 'ENV';

/** The variables of one environment: its own over those for all. What tako itself sets goes over both. */
export function varsFor(config: Config, environment: string): Named<string> {
  return Object.assign(Object.create(null), ...varLayers(config, environment).map(({variables}) => variables));
}

/** The same, as two layers. */
export const varLayers = ({vars}: Config, environment: string): readonly VariableLayer[] => [
  {source: 'vars', variables: vars.global},
  {source: `vars.${environment}`, variables: vars.byEnvironment[environment] ?? {}},
];

const scalar = field('a string, number, boolean or date', input => {
  const value = stringify(input);
  return value?.includes('\0') ? undefined : value;
});

/** `[vars]`: values are for every environment, tables are for the environment of their name. */
export const vars = anyTable.transform((input, context): Vars => {
  const {values, tables} = splitTable(withoutReserved(input));
  const byEnvironment = readNamed(tables, context, environmentVars, environmentName);
  return {global: readNamed(values, context, scalar, variableName), byEnvironment};
});

const environmentVars = anyTable.transform((input, context) =>
  readNamed(withoutReserved(input), context, scalar, variableName),
);

function withoutReserved(input: TomlTable): TomlTable {
  const {[RESERVED_VARIABLE]: _reserved, ...rest} = input;
  return rest;
}

function stringify(value: unknown): string | undefined {
  if (value instanceof TomlDateTime) return value.text;
  if (typeof value === 'number' && !Number.isFinite(value)) return tomlInfinity(value);
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value) ? String(value) : undefined;
}

/** The numbers that are not finite, as TOML writes them. */
function tomlInfinity(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return value > 0 ? 'inf' : '-inf';
}
