import type {ResourceLimits} from '../releases/manifest.js';

/** How an app's process is kept apart from others. */
export type Isolation = {
  /** As whom it runs; both or neither. Undefined: as the holder itself, which is not root then. */
  readonly uid: number | undefined;
  readonly gid: number | undefined;
  /** The name of its control group. Processes with the same one share its limits. Undefined: they have none. */
  readonly cgroup: string | undefined;
  readonly limits: ResourceLimits;
};

/** A user that apps may run as. */
export type User = {readonly uid: number; readonly gid: number};

/** Why an app may not run like this, or undefined. */
export function judgeIsolation(
  {uid, gid}: Isolation,
  {isRoot, users}: {readonly isRoot: boolean; readonly users: readonly User[]},
): string | undefined {
  if (!isRoot) return uid === undefined && gid === undefined ? undefined : 'only root starts apps as other users';
  if (uid === undefined || gid === undefined) return 'an app has to have a user of its own';
  if (uid === 0 || gid === 0) return 'an app does not run as root';
  const isKnown = users.some(user => user.uid === uid && user.gid === gid);
  return isKnown ? undefined : `uid ${uid} with gid ${gid} is not a user for apps`;
}
