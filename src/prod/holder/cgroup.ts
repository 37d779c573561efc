// Limits of memory and processes, by control groups: what is in a group is bounded together, whatever it forks.
//
// v2 is one tree for all controllers (Linux's Documentation/admin-guide/cgroup-v2.rst); v1 has a tree per controller, of
// which memory and pids are used. Groups are children of a folder of our own below the group that we are in, and in v2
// a group that has children with controllers may have no processes itself, so that we move into a child first.

import {constants} from 'node:fs';
import {access, mkdir, readdir, readFile, rmdir, statfs, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {Clock} from '../../system/clock.js';
import {errorCode} from '../../system/error.js';
import type {ResourceLimits} from '../releases/manifest.js';

export type CgroupVersion = 'cgroup-v2' | 'cgroup-v1';

export type Cgroup = {
  /** Puts a process into the group. */
  add(pid: number): Promise<void>;
  /** How often a process of it was killed because the group had no more memory. */
  outOfMemoryKills(): Promise<number>;
  /** Kills what is left in it, and removes it. */
  remove(): Promise<void>;
};

export type Cgroups = {
  /** What limits are set by; null: nothing is limited. */
  readonly version: CgroupVersion | null;
  /** Makes the group, or gives the one of this name the limits. The name is one of a file. */
  open(name: string, limits: ResourceLimits): Promise<Cgroup>;
  /** Removes all groups, with what runs in them. */
  clear(): Promise<void>;
  /** The same, and our folder goes too. */
  close(): Promise<void>;
};

/** Finds what this machine has and we may use; `name` is that of our folder. */
export async function findCgroups(name: string, clock: Clock, mount = MOUNT): Promise<Cgroups> {
  return (await findV2(name, clock, mount)) ?? (await findV1(name, clock, mount)) ?? NO_CGROUPS;
}

const MOUNT = '/sys/fs/cgroup';

/** Of statfs(2). */
const CGROUP2_MAGIC = 0x63677270;

const NO_CGROUPS: Cgroups = {
  version: null,
  open: async () => ({add: async () => {}, outOfMemoryKills: async () => 0, remove: async () => {}}),
  clear: async () => {},
  close: async () => {},
};

async function findV2(name: string, clock: Clock, mount: string): Promise<Cgroups | undefined> {
  const own = await ownGroup('');
  const type = await statfs(mount).then(
    info => info.type,
    () => undefined,
  );
  if (type !== CGROUP2_MAGIC || own === undefined) return undefined;
  // A predecessor has moved itself, and us with it, into the child already.
  const child = `${name}-holder`;
  const base = path.join(mount, path.basename(own) === child ? path.dirname(own) : own);
  const parent = path.join(base, name);
  const available = (await readFile(path.join(base, 'cgroup.controllers'), 'utf8').catch(() => '')).split(/\s+/);
  if (!available.includes('memory') || !available.includes('pids')) return undefined;
  try {
    await mkdir(path.join(base, child), {recursive: true});
    await writeFile(path.join(base, child, 'cgroup.procs'), String(process.pid));
    await writeFile(path.join(base, 'cgroup.subtree_control'), '+memory +pids');
    await mkdir(parent, {recursive: true});
    await writeFile(path.join(parent, 'cgroup.subtree_control'), '+memory +pids');
  } catch {
    return undefined;
  }
  return {
    version: 'cgroup-v2',
    open: (group, limits) => openV2(path.join(parent, group), limits, clock),
    ...clearing([parent], clock),
  };
}

async function openV2(folder: string, limits: ResourceLimits, clock: Clock): Promise<Cgroup> {
  await mkdir(folder, {recursive: true});
  await set(folder, 'memory.max', limits.memoryBytes ?? 'max');
  await set(folder, 'pids.max', limits.processes ?? 'max');
  // A limit that is answered by swapping is none that anybody notices. Kernels without swap do not have the file.
  if (limits.memoryBytes !== null) await set(folder, 'memory.swap.max', 0).catch(() => {});
  // All of it or nothing: a runner whose child is gone is not an app.
  await set(folder, 'memory.oom.group', 1).catch(() => {});
  return {
    add: pid => set(folder, 'cgroup.procs', pid),
    outOfMemoryKills: () => countOf(path.join(folder, 'memory.events')),
    remove: () => removeGroup([folder], clock),
  };
}

async function findV1(name: string, clock: Clock, mount: string): Promise<Cgroups | undefined> {
  const [memory, pids] = await Promise.all([makeV1('memory', name, mount), makeV1('pids', name, mount)]);
  if (memory === undefined || pids === undefined) return undefined;
  return {
    version: 'cgroup-v1',
    open: (group, limits) => openV1({memory: path.join(memory, group), pids: path.join(pids, group)}, limits, clock),
    ...clearing([memory, pids], clock),
  };
}

/** Our folder in the tree of a controller. In a container the path of our own group may not be that of its mount. */
async function makeV1(controller: 'memory' | 'pids', name: string, mount: string): Promise<string | undefined> {
  const own = await ownGroup(controller);
  if (own === undefined) return undefined;
  for (const folder of [path.join(mount, controller, own, name), path.join(mount, controller, name)]) {
    if (await canMake(folder)) return folder;
  }
  return undefined;
}

async function canMake(folder: string): Promise<boolean> {
  try {
    await mkdir(folder);
    return true;
  } catch (error) {
    // One that is there may be that of another user's installation.
    return errorCode(error) === 'EEXIST' && isWritable(folder);
  }
}

const isWritable = (folder: string): Promise<boolean> =>
  access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );

async function openV1(
  {memory, pids}: {readonly memory: string; readonly pids: string},
  limits: ResourceLimits,
  clock: Clock,
): Promise<Cgroup> {
  const folders = [memory, pids];
  for (const folder of folders) await mkdir(folder, {recursive: true});
  await set(memory, 'memory.limit_in_bytes', limits.memoryBytes ?? -1);
  // With swap, and above the limit without: not every kernel counts it.
  if (limits.memoryBytes !== null) await set(memory, 'memory.memsw.limit_in_bytes', limits.memoryBytes).catch(() => {});
  await set(pids, 'pids.max', limits.processes ?? 'max');
  return {
    add: async pid => {
      for (const folder of folders) await set(folder, 'cgroup.procs', pid);
    },
    outOfMemoryKills: () => countOf(path.join(memory, 'memory.oom_control')),
    remove: () => removeGroup(folders, clock),
  };
}

const set = (folder: string, file: string, value: number | string): Promise<void> =>
  writeFile(path.join(folder, file), String(value));

/** The line `oom_kill 3` is in both versions' files. */
async function countOf(file: string): Promise<number> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Of /proc/self/cgroup: `4:memory:/system.slice/tako.service`, and for v2 `0::/...`. */
async function ownGroup(controller: string): Promise<string | undefined> {
  const text = await readFile('/proc/self/cgroup', 'utf8').catch(() => '');
  for (const line of text.split('\n')) {
    const [, id, names = '', group] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (controller === '' ? id === '0' : names.split(',').includes(controller)) return group;
  }
  return undefined;
}

/** A killed process may need a moment to leave. */
const REMOVE_ATTEMPTS = 100;
const REMOVE_POLL_MS = 20;

async function removeGroup(folders: readonly string[], clock: Clock): Promise<void> {
  for (const folder of folders) {
    for (let attempt = 0; attempt < REMOVE_ATTEMPTS && !(await isRemoved(folder)); attempt++) {
      await killMembers(folder);
      await clock.sleep(REMOVE_POLL_MS);
    }
  }
}

const isRemoved = (folder: string): Promise<boolean> =>
  rmdir(folder).then(
    () => true,
    error => errorCode(error) === 'ENOENT',
  );

/** Those that have left their process group for one of their own are still here. */
async function killMembers(folder: string): Promise<void> {
  const members = await readFile(path.join(folder, 'cgroup.procs'), 'utf8').catch(() => '');
  for (const pid of members.split('\n').map(Number)) {
    if (pid <= 1) continue;
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has gone meanwhile.
    }
  }
}

const clearing = (parents: readonly string[], clock: Clock): Pick<Cgroups, 'clear' | 'close'> => ({
  clear: () => clearFolders(parents, clock),
  close: async () => {
    await clearFolders(parents, clock);
    for (const parent of parents) await isRemoved(parent);
  },
});

async function clearFolders(parents: readonly string[], clock: Clock): Promise<void> {
  for (const parent of parents) {
    const entries = await readdir(parent, {withFileTypes: true}).catch(() => []);
    const groups = entries.filter(entry => entry.isDirectory()).map(({name}) => path.join(parent, name));
    await removeGroup(groups, clock);
  }
}
