import {existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync} from 'node:fs';
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
/** The hierarchy by which systemd knows what belongs to which service; the others it mounts itself. */
const SYSTEMD = 'name=systemd';
const ROOT = '/sys/fs/cgroup';

/**
 * Makes the groups of that name. Of v1 they are below this process's own, whose limits go on holding for all of it.
 * `isWhole`: in every hierarchy there is, as systemd makes groups in all of them.
 */
export function createCgroups(name: string, isWhole = false): Cgroups {
  const cgroups = findCgroups(name, isWhole);
  try {
    for (const folder of cgroups.folders) createGroup(folder);
    return cgroups;
  } catch {
    // Where they may not be written, as in most containers, the machine has none.
    removeCgroups(name);
    return NONE;
  }
}

/** Removes the groups of that name, which have to be empty. */
export function removeCgroups(name: string): void {
  for (const folder of findCgroups(name, true).folders) {
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

/** A group of cpuset takes processes only when it has been told where they may run. */
function createGroup(folder: string): void {
  mkdirSync(folder);
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (existsSync(path.join(folder, file)))
      writeFileSync(path.join(folder, file), readFileSync(path.join(folder, '..', file)));
  }
}

function findCgroups(name: string, isWhole: boolean): Cgroups {
  if (existsSync(path.join(ROOT, 'cgroup.controllers'))) {
    return {version: 'v2', folders: [path.join(ROOT, name)], mounts: ['v2']};
  }
  const hierarchies = ownGroups().filter(
    ({folder, controllers}) => existsSync(folder) && (isWhole || isLimit(controllers)),
  );
  if (!hierarchies.some(({controllers}) => isLimit(controllers))) return NONE;
  return {
    version: 'v1',
    folders: hierarchies.map(({folder}) => path.join(folder, name)),
    mounts: hierarchies
      .map(({controllers}) => controllers)
      .filter(controllers => isLimit(controllers) || controllers === SYSTEMD),
  };
}

const isLimit = (controllers: string): boolean =>
  controllers.split(',').some(controller => CONTROLLERS.includes(controller));

/** Where this process is in each hierarchy: lines of `4:memory:/some/group` (cgroups(7)). */
const ownGroups = (): {controllers: string; folder: string}[] =>
  readFileSync('/proc/self/cgroup', 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(':'))
    .map(([, controllers = '', group = '/']) => ({
      controllers,
      folder: path.join(ROOT, controllers.replace('name=', '') || 'unified', group),
    }));
