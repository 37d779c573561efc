import type {Clock} from '../system/clock.js';
import {errorCode} from '../system/error.js';
import {groupMembers, isRunning, processIdentity} from '../system/processes.js';
import {within} from './race.js';

/**
 * `refused`: what is left belongs to another user, as after sudo, and cannot be signalled. `stuck`: it can, but the
 * system does not end it, as when it waits for a disk that does not answer.
 */
export type GroupEnd = 'ended' | 'killed' | 'refused' | 'stuck';

/** Far longer than the system takes to end what it ends at all. */
const KILL_WAIT_MS = 2_000;

/**
 * Ends every process of a group: SIGTERM, `graceMs` to comply, SIGKILL. Resolves when none of them runs any more, or
 * with what is the matter when some cannot be ended. Processes that have left for a group of their own, as daemons do,
 * are not among them. `isReaped` false: the leader is our child, and stays a zombie when it has ended.
 */
export async function endGroup(
  group: number,
  graceMs: number,
  clock: Clock,
  {isReaped = true}: {readonly isReaped?: boolean} = {},
): Promise<GroupEnd> {
  const gone = (over: AbortSignal): Promise<void> => untilGone({group, isReaped}, clock, over);
  signalGroup(group, 'SIGTERM');
  if (await within(graceMs, clock, gone)) return 'ended';
  if (signalGroup(group, 'SIGKILL') === 'refused') return 'refused';
  if (await within(KILL_WAIT_MS, clock, gone)) return 'killed';
  const left = (await groupMembers(group)).filter(isRunning);
  if (left.length === 0) return 'killed';
  // A signal to a group that reaches one of its processes is a success, whatever refused it to the others.
  return left.some(({pid}) => signal(pid, 0) === 'refused') ? 'refused' : 'stuck';
}

/** Sends SIGKILL and waits for nothing: for when we can do no better. */
export const killGroup = (group: number): void => void signalGroup(group, 'SIGKILL');

const FIRST_POLL_MS = 2;
const LONGEST_POLL_MS = 50;

type Group = {readonly group: number; readonly isReaped: boolean};

/** No event tells of the end of a group whose leader has gone, so it is asked for: often at first, then less so. */
async function untilGone(group: Group, clock: Clock, over: AbortSignal): Promise<void> {
  for (let pollMs = FIRST_POLL_MS; await isGroupRunning(group); pollMs = Math.min(pollMs * 2, LONGEST_POLL_MS)) {
    await clock.sleep(pollMs, over);
  }
}

/** Signals alone cannot tell: a zombie takes them too, and in a container nobody may ever reap it. */
async function isGroupRunning({group, isReaped}: Group): Promise<boolean> {
  if (!isGroupKnown(group)) return false;
  const leader = await processIdentity(group);
  // Our own child is reaped in a moment, sooner than all processes could be looked through.
  if (leader && (isRunning(leader) || (isReaped && leader.parent === process.pid))) return true;
  // Twice, as a process that forks and ends while the list is read can leave its child out of it.
  return (await hasRunningMember(group)) || (await hasRunningMember(group));
}

const isGroupKnown = (group: number): boolean => signalGroup(group, 0) !== 'gone';

const hasRunningMember = async (group: number): Promise<boolean> =>
  isGroupKnown(group) && (await groupMembers(group)).some(isRunning);

type SignalEnd = 'sent' | 'gone' | 'refused';

function signalGroup(group: number, name: NodeJS.Signals | 0): SignalEnd {
  // kill(-1) would reach every process of the user, kill(0) our own group.
  if (!Number.isSafeInteger(group) || group <= 1) throw new RangeError(`not a process group: ${group}`);
  return signal(-group, name);
}

function signal(target: number, name: NodeJS.Signals | 0): SignalEnd {
  try {
    process.kill(target, name);
    return 'sent';
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'gone';
    if (errorCode(error) === 'EPERM') return 'refused';
    throw error;
  }
}
