import type {Stats} from 'node:fs';
import {type ChokidarOptions, type FSWatcher, watch} from 'chokidar';
import type {WatchPart} from './watch-plan.js';

export type TreeEvent = 'add' | 'change' | 'unlink' | 'unlinkDir';

export type TreeWatchOptions = {
  readonly parts: readonly WatchPart[];
  /** Undefined: the system tells of changes. Else files are looked at this often. */
  readonly pollingIntervalMs: number | undefined;
  observes(file: string, stats: Stats): boolean;
  onEvent(event: TreeEvent, file: string): void;
  onError(error: unknown): void;
};

export type TreeWatch = {
  /** Resolves when everything is watched, or when it was closed before that. */
  readonly ready: Promise<void>;
  close(): Promise<void>;
};

/** Watches the parts, one after the other, and tells of files that change after their part was ready. */
export function createTreeWatch(options: TreeWatchOptions): TreeWatch {
  const closing = new AbortController();
  const watchers: FSWatcher[] = [];
  const roots = new Set(options.parts.flat());
  const openAll = async (): Promise<void> => {
    for (const part of options.parts) {
      if (closing.signal.aborted) return;
      const watcher = openPart(part, roots, options);
      watchers.push(watcher);
      await untilReady(watcher, closing.signal);
    }
  };
  const ready = openAll();
  const closeAll = async (): Promise<void> => {
    closing.abort();
    await ready;
    // One by one too, as each closes all its files at once.
    for (const watcher of watchers) await watcher.close();
  };
  let closed: Promise<void> | undefined;
  return {ready, close: () => (closed ??= closeAll())};
}

function openPart(part: WatchPart, roots: ReadonlySet<string>, options: TreeWatchOptions): FSWatcher {
  const own = new Set(part);
  const isLeftOut = (file: string, stats: Stats | undefined): boolean =>
    !own.has(file) && (roots.has(file) || (stats !== undefined && !options.observes(file, stats)));
  return watch([...part], {ignored: isLeftOut, ...libraryOptions(options)})
    .on('add', file => options.onEvent('add', file))
    .on('change', file => options.onEvent('change', file))
    .on('unlink', file => options.onEvent('unlink', file))
    .on('unlinkDir', folder => options.onEvent('unlinkDir', folder))
    .on('error', options.onError);
}

const libraryOptions = ({pollingIntervalMs}: TreeWatchOptions): ChokidarOptions => ({
  ignoreInitial: true,
  ignorePermissionErrors: true,
  ...(pollingIntervalMs === undefined
    ? {}
    : {backend: 'polling', pollingInterval: pollingIntervalMs, pollingBinaryInterval: pollingIntervalMs}),
});

/** A library's watcher that is closed never becomes ready. */
function untilReady(watcher: FSWatcher, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const settle = (): void => {
      signal.removeEventListener('abort', settle);
      resolve();
    };
    watcher.once('ready', settle);
    signal.addEventListener('abort', settle, {once: true});
  });
}
