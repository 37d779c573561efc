import {errorCode} from '../../system/error.js';

/** The errors of a system that has no watch left to give: inotify_add_watch(2), inotify_init(2). */
const EXHAUSTED: ReadonlySet<string> = new Set(['ENOSPC', 'EMFILE', 'ENFILE']);

/** Whether looking at the files again and again is all that is left. */
export const isExhausted = (error: unknown): boolean => EXHAUSTED.has(errorCode(error) ?? '');

export function describeExhausted(error: unknown, directory: string, intervalMs: number): string {
  const what = `the system has no file watch left for ${directory}, so its files are looked at every ${intervalMs / 1_000} s`;
  return `${what}; ${adviceFor(errorCode(error))}, or add folders that are not source to ignore in tako.toml`;
}

const adviceFor = (code: string | undefined): string =>
  code === 'ENOSPC'
    ? 'raise the limit with: sudo sysctl fs.inotify.max_user_watches=524288'
    : 'raise the limits with: ulimit -n 65536, and on Linux: sudo sysctl fs.inotify.max_user_instances=1024';

export const describeTooManyFolders = (directory: string, maxFolders: number): string =>
  `${directory} has more than ${maxFolders} folders of source; changes in the others are not seen, add folders that are not source to ignore in tako.toml`;

export const describeFailure = (error: unknown, directory: string): string =>
  `some files of ${directory} cannot be watched: ${error instanceof Error ? error.message : String(error)}`;
