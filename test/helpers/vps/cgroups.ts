import {existsSync, mkdirSync, readFileSync, rmdirSync} from 'node:fs';
import path from 'node:path';

// The machine's share of the system's cgroups. It sees its own groups as the topmost ones, as a real machine does.

export type CgroupVersion = 'v1' | 'v2' | 'none';

export type Cgroups = {
  readonly version: CgroupVersion;
  /** The machine's groups as seen from outside: one for v2, one for each hierarchy for v1. */
  readonly folders: readonly string[];
  /** How boot.sh mounts them inside, in the same order: the controllers of each hierarchy, or `v2`. */
  readonly mounts: readonly string[];
};

/** What limits are made of. The others of v1 need more than a new group (cpuset), or limit nothing here. */
const CONTROLLERS = ['memory', 'pids', 'cpu', 'freezer'];
const ROOT = '/sys/fs/cgroup';

/** Makes the groups of that name. Of v1 they are below this process's own, whose limits go on holding for all of it. */
export function createCgroups(name: string): Cgroups {
  const cgroups = findCgroups(name);
  try {
    for (const folder of cgroups.folders) mkdirSync(folder);
    return cgroups;
  } catch {
    // Where they may not be written, as in most containers, the machine has none.
    removeCgroups(name);
    return NONE;
  }
}

/** Removes the groups of that name, which have to be empty. */
export function removeCgroups(name: string): void {
  for (const folder of findCgroups(name).folders) {
    if (existsSync(folder)) rmdirSync(folder);
  }
}

/** What machines have here, for the names of tests. */
export function findCgroupVersion(): CgroupVersion {
  const name = `tako-look-${process.pid}`;
  const {version} = createCgroups(name);
  removeCgroups(name);
  return version;
}

const NONE: Cgroups = {version: 'none', folders: [], mounts: []};

function findCgroups(name: string): Cgroups {
  if (existsSync(path.join(ROOT, 'cgroup.controllers'))) {
    return {version: 'v2', folders: [path.join(ROOT, name)], mounts: ['v2']};
  }
  const hierarchies = ownGroups().filter(({controllers, group}) => isUsable(controllers, group));
  if (hierarchies.length === 0) return NONE;
  return {
    version: 'v1',
    folders: hierarchies.map(({controllers, group}) => path.join(ROOT, controllers, group, name)),
    mounts: hierarchies.map(({controllers}) => controllers),
  };
}

const isUsable = (controllers: string, group: string): boolean =>
  controllers.split(',').some(controller => CONTROLLERS.includes(controller)) &&
  existsSync(path.join(ROOT, controllers, group));

/** Where this process is in each hierarchy: lines of `4:memory:/some/group` (cgroups(7)). */
const ownGroups = (): {controllers: string; group: string}[] =>
  readFileSync('/proc/self/cgroup', 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(':'))
    .map(([, controllers = '', group = '/']) => ({controllers, group}));
