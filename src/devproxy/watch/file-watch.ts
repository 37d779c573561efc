import {readFileSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {watch} from 'chokidar';
import {type Clock, systemClock} from '../../system/clock.js';
import {createDebounce} from './debounce.js';

export type FileWatch = {
  /** Idempotent; resolves when nothing is watched any more and `onChange` is not called again. */
  close(): Promise<void>;
};

export type FileWatchOptions = {readonly clock?: Clock; readonly debounceMs?: number};

const DEBOUNCE_MS = 100;
/** A write that goes on and on is reported this often. */
const MAX_WAIT_FACTOR = 10;
/** The system does not tell when a folder further up was moved, or has no watch left: then a look this often finds it. */
const RECHECK_MS = 2_000;

/**
 * Calls `onChange` when one file's content changes: written to, replaced by a rename, removed, or back again. It is
 * called with the file missing too; whoever reads it finds out. The content now is what the first change is measured
 * against.
 */
export function createFileWatch(file: string, onChange: () => void, options: FileWatchOptions = {}): FileWatch {
  const {clock = systemClock, debounceMs = DEBOUNCE_MS} = options;
  let known = readNow(file);
  const check = async (): Promise<void> => {
    const content = await readFile(file, 'utf8').catch(() => undefined);
    if (content === known) return;
    known = content;
    onChange();
  };
  const debounce = createDebounce({quietMs: debounceMs, maxWaitMs: debounceMs * MAX_WAIT_FACTOR, clock, run: check});
  // What it cannot watch, the timer finds.
  const watcher = watch(file, {ignoreInitial: true, atomic: false})
    // What was written before it was ready is no event.
    .on('ready', debounce.trigger)
    .on('all', debounce.trigger)
    .on('error', debounce.trigger);
  const timer = setInterval(debounce.trigger, RECHECK_MS).unref();
  const closeAll = async (): Promise<void> => {
    clearInterval(timer);
    await Promise.all([debounce.close(), watcher.close()]);
  };
  let closed: Promise<void> | undefined;
  return {close: () => (closed ??= closeAll())};
}

function readNow(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
