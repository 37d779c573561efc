// What instances use of memory. Where they have control groups, these count it, shared and cached pages included, each page
// once; elsewhere it is the sum of what the processes of the group have resident.

import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {DeploymentStatus} from '../../control/server-methods.js';
import {memoryOfGroups} from '../../system/processes.js';

const MOUNT = '/sys/fs/cgroup';

/** The statuses, with the memory of their instances. */
export async function withMemory(statuses: readonly DeploymentStatus[], mount = MOUNT): Promise<DeploymentStatus[]> {
  const pids = statuses.flatMap(({instances}) => instances.flatMap(({pid}) => pid ?? []));
  const bytes = await memoryOf(pids, mount);
  return statuses.map(status => ({
    ...status,
    instances: status.instances.map(one => ({...one, memoryBytes: bytes.get(one.pid ?? 0) ?? 0})),
  }));
}

async function memoryOf(pids: readonly number[], mount: string): Promise<ReadonlyMap<number, number>> {
  const counted = await Promise.all(pids.map(async pid => [pid, await memoryOfCgroup(pid, mount)] as const));
  const others = counted.flatMap(([pid, bytes]) => (bytes === undefined ? [pid] : []));
  const resident = others.length > 0 ? await memoryOfGroups(others) : new Map<number, number>();
  return new Map(counted.map(([pid, bytes]) => [pid, bytes ?? resident.get(pid) ?? 0]));
}

/** Undefined where the process has no group of its own, or is gone. */
async function memoryOfCgroup(pid: number, mount: string): Promise<number | undefined> {
  const file = cgroupMemoryFile(await read(`/proc/${pid}/cgroup`), mount);
  if (file === undefined) return undefined;
  const text = await read(file);
  return text === '' ? undefined : Number(text);
}

/** Of the lines of /proc/PID/cgroup: `0::/tako/app-1f` (v2) or `4:memory:/tako/app-1f` (v1). */
export function cgroupMemoryFile(lines: string, mount: string): string | undefined {
  for (const line of lines.split('\n')) {
    const [, id, controllers = '', group = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (!path.basename(group).startsWith(OWN_GROUP)) continue;
    if (controllers.split(',').includes('memory')) return path.join(mount, 'memory', group, 'memory.usage_in_bytes');
    if (id === '0') return path.join(mount, group, 'memory.current');
  }
  return undefined;
}

/** As app-spawner.ts names them. */
const OWN_GROUP = 'app-';

const read = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');
