import path from 'node:path';
import {createFolderLimit} from './folder-limit.js';
import {createSourceFilter, type SourceFilterOptions} from './source-filter.js';
import {createTreeWatch, type TreeEvent, type TreeWatch} from './tree-watch.js';
import {planParts} from './watch-plan.js';

export type SourceTreeOptions = {
  readonly filter: SourceFilterOptions;
  /** Undefined: the system tells of changes. */
  readonly pollingIntervalMs: number | undefined;
  readonly maxFolders: number;
  /** Of source files only. */
  onEvent(event: TreeEvent, file: string): void;
  onError(error: unknown, tree: SourceTree): void;
  onTooManyFolders(): void;
  /** A .gitignore below the project's folder says something else now: what this tree watches is no longer right. */
  onRulesChanged(): void;
};

export type SourceTree = {
  readonly ready: Promise<void>;
  close(): Promise<void>;
};

/** Watches what is source by the rules as they are now. */
export function createSourceTree(options: SourceTreeOptions): SourceTree {
  const filter = createSourceFilter(options.filter);
  const limit = createFolderLimit(options.maxFolders, options.onTooManyFolders);
  let isClosed = false;
  let watching: TreeWatch | undefined;

  const onEvent = (event: TreeEvent, file: string): void => {
    if (event === 'unlinkDir') limit.release(file);
    else if (path.basename(file) !== '.gitignore') onFileEvent(event, file);
    else if (filter.rules.isStale(file)) options.onRulesChanged();
  };
  const onFileEvent = (event: TreeEvent, file: string): void => {
    if (filter.includesFile(file)) options.onEvent(event, file);
  };
  const open = async (): Promise<void> => {
    const parts = await planParts(filter.roots, folder => filter.includesFolder(folder) && limit.admits(folder));
    if (isClosed) return;
    watching = createTreeWatch({
      parts,
      pollingIntervalMs: options.pollingIntervalMs,
      observes: (file, stats) => filter.observes(file, stats) && (!stats.isDirectory() || limit.admits(file)),
      onEvent,
      onError: error => options.onError(error, tree),
    });
    await watching.ready;
  };
  const ready = open();
  const close = async (): Promise<void> => {
    isClosed = true;
    await watching?.close();
    await ready;
  };
  const tree: SourceTree = {ready, close};
  return tree;
}
