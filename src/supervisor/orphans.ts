import type {Clock} from '../system/clock.js';
import {
  allProcesses,
  environmentHas,
  groupMembers,
  type ProcessIdentity,
  processIdentity,
} from '../system/processes.js';
import type {InstanceRecord, InstanceRecords} from './instance-records.js';
import {endGroup} from './process-group.js';
import {INSTANCE_MARKER} from './spawn.js';

/**
 * Ends what a killed predecessor left running, and clears its records. A process that merely got a recorded pid later
 * is not touched: it is known by its start time, or else by the marker in its environment.
 */
export async function endOrphans(records: InstanceRecords, graceMs: number, clock: Clock): Promise<void> {
  // We may ourselves have been started from a terminal inside what is to be ended.
  const own = (await processIdentity(process.pid))?.group;
  const endOne = async (record: InstanceRecord): Promise<void> => {
    const groups = (await findGroups(record)).filter(group => group !== own);
    await Promise.all(groups.map(group => endGroup(group, graceMs, clock)));
    records.remove(record.id);
  };
  await Promise.all(records.all().map(endOne));
}

async function findGroups(record: InstanceRecord): Promise<readonly number[]> {
  if (record.pid === undefined) return findMarkedGroups(record);
  return (await isStillOurs(record.pid, record)) ? [record.pid] : [];
}

/** Our predecessor died between the spawn and the note of its pid: only the marker can tell. */
async function findMarkedGroups(record: InstanceRecord): Promise<readonly number[]> {
  const leaders = (await allProcesses()).filter(({pid, group}) => pid === group);
  return (await findMarked(leaders, record)).map(({group}) => group);
}

async function isStillOurs(group: number, record: InstanceRecord): Promise<boolean> {
  const members = await groupMembers(group);
  const leader = members.find(({pid}) => pid === group);
  if (leader && record.startTime !== undefined) return leader.startTime === record.startTime;
  return (await findMarked(members, record)).length > 0;
}

async function findMarked(
  processes: readonly ProcessIdentity[],
  {id}: InstanceRecord,
): Promise<readonly ProcessIdentity[]> {
  const marked: ProcessIdentity[] = [];
  for (const candidate of processes) {
    if (await environmentHas(candidate.pid, `${INSTANCE_MARKER}=${id}`)) marked.push(candidate);
  }
  return marked;
}
