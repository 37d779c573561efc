// The keys about how an app runs on servers. Each may stand at the top of tako.toml, for every environment, and in an
// environment, for that one.

import type {z} from 'zod';
import {table, text, wholeNumber} from './field.js';
import {completeHealth, type HealthCheck, type HealthTimings, health} from './health.js';
import {byteSize, duration} from './value.js';

export type OnServers = {
  /** Instances kept running; 0: one while it is used. Undefined: as the server has it, and 1 at the first deploy. */
  readonly scale: number | undefined;
  /** How a new instance is checked. Undefined: by `status` where the app runs with Tako's package, else by `tcp`. */
  readonly health: HealthCheck | undefined;
  readonly healthTimings: HealthTimings;
  readonly limits: Limits;
  /** How long a new instance is watched before it counts. */
  readonly stabilityMs: number;
  /** How long the files of earlier releases are served to pages that were opened before. */
  readonly assetsWindowMs: number;
  /** How many earlier releases stay, to go back to. */
  readonly keepReleases: number;
  /** The page for paths without a file. Null: there is none, they are not found. Undefined: as the framework has it. */
  readonly fallback: string | null | undefined;
};

/** Of one instance. Undefined: not limited. */
export type Limits = {
  readonly memoryBytes: number | undefined;
  readonly processes: number | undefined;
  readonly openFiles: number | undefined;
};

export const ON_SERVERS_DEFAULTS = {
  /** Most apps that die after they listen do so at their first query or tick; each instance of a deploy waits this long. */
  stabilityMs: 3_000,
  /** A day: a tab left open overnight still finds the scripts that it was written for. */
  assetsWindowMs: 24 * 60 * 60_000,
  /** Files that releases share are on the disk once, so that one costs what changed in it. */
  keepReleases: 10,
} as const;

/** A small compiled server fits; a bare Node process takes 42 MiB (resident, Node 24 on Linux). */
const MIN_MEMORY_BYTES = 16 * 2 ** 20;
/** Threads count as well: a bare Node process has 7 (Node 24, `ls /proc/PID/task`), and 4 more when it reads files. */
const MIN_PROCESSES = 16;
/** A bare Node process has 23 files open (Node 24, `ls /proc/PID/fd`). */
const MIN_OPEN_FILES = 64;
/** More than a server has use for; a typing error is not taken at its word. */
export const MAX_SCALE = 64;
const MAX_RELEASES = 1000;
const MAX_COUNT = 10_000_000;

const fallback = text('a file such as "index.html", or "" for none', value => {
  return !value.startsWith('/') && !value.split('/').some(part => part === '.' || part === '..');
});

const limits = table({
  memory: byteSize(MIN_MEMORY_BYTES).optional(),
  processes: wholeNumber(MIN_PROCESSES, MAX_COUNT).optional(),
  open_files: wholeNumber(MIN_OPEN_FILES, MAX_COUNT).optional(),
});

export const onServersShape = {
  scale: wholeNumber(0, MAX_SCALE).optional(),
  health: health.optional(),
  limits: limits.optional(),
  stability: duration(0).optional(),
  assets_window: duration(0).optional(),
  keep_releases: wholeNumber(1, MAX_RELEASES).optional(),
  fallback: fallback.optional(),
};

export type OnServersToml = {readonly [Key in keyof typeof onServersShape]?: z.output<(typeof onServersShape)[Key]>};

/** The names of these keys in the file. */
export const ON_SERVERS_KEYS: readonly string[] = Object.keys(onServersShape);

/** What an environment does not say, the file's top level does; of health and the limits, each by itself. */
export function completeOnServers(environment: OnServersToml, forAll: OnServersToml): OnServers {
  const toml = {...forAll, ...environment};
  const limits = {...forAll.limits, ...environment.limits};
  return {
    scale: toml.scale,
    ...completeHealth(environment.health, forAll.health),
    limits: {memoryBytes: limits.memory, processes: limits.processes, openFiles: limits.open_files},
    stabilityMs: toml.stability ?? ON_SERVERS_DEFAULTS.stabilityMs,
    assetsWindowMs: toml.assets_window ?? ON_SERVERS_DEFAULTS.assetsWindowMs,
    keepReleases: toml.keep_releases ?? ON_SERVERS_DEFAULTS.keepReleases,
    fallback: toml.fallback === '' ? null : toml.fallback,
  };
}
