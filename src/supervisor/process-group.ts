import type {Clock} from '../system/clock.js';
import {errorCode} from '../system/error.js';
import {groupMembers, isRunning, processIdentity} from '../system/processes.js';
import {within} from './race.js';

/** `refused`: what is left belongs to another user, as after sudo, and cannot be signalled. */
export type GroupEnd = 'ended' | 'killed' | 'refused';

/**
 * Ends every process of a group: SIGTERM, `graceMs` to comply, SIGKILL. Resolves only when none of them runs any more.
 * Processes that have left for a group of their own, as daemons do, are not among them.
 */
export async function endGroup(group: number, graceMs: number, clock: Clock): Promise<GroupEnd> {
  signalGroup(group, 'SIGTERM');
  if (await within(graceMs, clock, signal => untilGone(group, clock, signal))) return 'ended';
  if (signalGroup(group, 'SIGKILL') === 'refused') return 'refused';
  await untilGone(group, clock);
  return 'killed';
}

const FIRST_POLL_MS = 2;
const LONGEST_POLL_MS = 50;

/** No event tells of the end of a group whose leader has gone, so it is asked for: often at first, then less so. */
async function untilGone(group: number, clock: Clock, signal?: AbortSignal): Promise<void> {
  for (let pollMs = FIRST_POLL_MS; await isGroupRunning(group); pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
    await clock.sleep(pollMs, signal);
  }
}

/** Signals alone cannot tell: a zombie takes them too, and in a container nobody may ever reap it. */
async function isGroupRunning(group: number): Promise<boolean> {
  if (!isGroupKnown(group)) return false;
  const leader = await processIdentity(group);
  // Our own child is reaped in a moment, sooner than all processes could be looked through.
  if (leader && (isRunning(leader) || leader.parent === process.pid)) return true;
  // Twice, as a process that forks and ends while the list is read can leave its child out of it.
  return (await hasRunningMember(group)) || (await hasRunningMember(group));
}

const isGroupKnown = (group: number): boolean => signalGroup(group, 0) !== 'gone';

const hasRunningMember = async (group: number): Promise<boolean> =>
  isGroupKnown(group) && (await groupMembers(group)).some(isRunning);

function signalGroup(group: number, signal: NodeJS.Signals | 0): 'sent' | 'gone' | 'refused' {
  // kill(-1) would reach every process of the user, kill(0) our own group.
  if (!Number.isSafeInteger(group) || group <= 1) throw new RangeError(`not a process group: ${group}`);
  try {
    process.kill(-group, signal);
    return 'sent';
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'gone';
    if (errorCode(error) === 'EPERM') return 'refused';
    throw error;
  }
}
