// How a server finds out whether a new instance does its work. A word or a path says what is asked; a table also how often
// and how long.

import {z} from 'zod';
import {field, oneOf, parseInto, table, text} from './field.js';
import {isTable} from './toml.js';
import {duration} from './value.js';

/** `status`: by the contract's GET /status, which echoes the instance's token. */
export type HealthCheck =
  | {readonly type: 'status'}
  | {readonly type: 'tcp'}
  | {readonly type: 'http'; readonly path: string};

export type HealthTimings = {
  /** Between two questions. */
  readonly intervalMs: number;
  /** For one answer. */
  readonly timeoutMs: number;
  /** From its first listening until it has to be healthy. */
  readonly windowMs: number;
};

export const HEALTH_DEFAULTS: HealthTimings = {
  /** Deploys wait for the answer, and four questions per second cost an app nothing. */
  intervalMs: 250,
  /** As kamal-proxy has it; a page that takes longer is none to ask for. */
  timeoutMs: 5_000,
  /** As much again as an app has to listen: caches to fill, connections to open. */
  windowMs: 30_000,
};

/** In seconds. More often would be a load of its own. */
const MIN_INTERVAL = 0.1;
const MIN_TIMEOUT = 0.1;
const MIN_WINDOW = 1;

const isPath = (value: string): boolean => /^\/[!-~]*$/.test(value) && !value.startsWith('//') && !value.includes('#');

const path = text('a path such as "/healthz"', isPath);

const timings = {
  interval: duration(MIN_INTERVAL).optional(),
  timeout: duration(MIN_TIMEOUT).optional(),
  window: duration(MIN_WINDOW).optional(),
};

type HealthToml = {readonly check?: HealthCheck} & {
  readonly [Key in keyof typeof timings]?: z.output<(typeof timings)[Key]>;
};

const short = field<HealthToml>(
  '"status", "tcp", or a path such as "/healthz", or a table such as {path = "/healthz", window = "10s"}',
  input => {
    if (input === 'status' || input === 'tcp') return {check: {type: input}};
    return typeof input === 'string' && isPath(input) ? {check: {type: 'http', path: input}} : undefined;
  },
);

const long = table({type: oneOf('status', 'tcp').optional(), path: path.optional(), ...timings})
  .refine(({type, path}) => type === undefined || path === undefined, {
    path: ['path'],
    error: 'cannot be used with type: a path is asked for by HTTP',
  })
  .transform(({type, path, ...times}): HealthToml => {
    if (path !== undefined) return {...times, check: {type: 'http', path}};
    return type === undefined ? times : {...times, check: {type}};
  });

export const health = z
  .unknown()
  .transform((input, context): HealthToml => parseInto<HealthToml>(context, isTable(input) ? long : short, input));

/** Each by itself: what the environment does not say, the file's top level does. */
export function completeHealth(
  environment: HealthToml | undefined,
  forAll: HealthToml | undefined,
): {readonly health: HealthCheck | undefined; readonly healthTimings: HealthTimings} {
  const toml = {...forAll, ...environment};
  return {
    health: toml.check,
    healthTimings: {
      intervalMs: toml.interval ?? HEALTH_DEFAULTS.intervalMs,
      timeoutMs: toml.timeout ?? HEALTH_DEFAULTS.timeoutMs,
      windowMs: toml.window ?? HEALTH_DEFAULTS.windowMs,
    },
  };
}
