// Changes of a project's source. What is source is decided by source-filter.ts; a change of a .gitignore makes a new
// filter and a new watch, and the old one ends only when the new one is ready, so that nothing is missed in between.
// Where the system has no watches left, the files are polled instead.

import path from 'node:path';
import {type Clock, systemClock} from '../../system/clock.js';
import {toRelativePath} from '../../system/file-paths.js';
import {findOuterRuleFiles} from '../../system/ignore-rules.js';
import {createChangeBatch} from './change-batch.js';
import {createDebounce} from './debounce.js';
import {createFileWatch} from './file-watch.js';
import {createSourceTree, type SourceTree} from './source-tree.js';
import {createSuccession} from './succession.js';
import type {TreeEvent} from './tree-watch.js';
import {describeExhausted, describeFailure, describeTooManyFolders, isExhausted} from './watch-problem.js';

export type SourceWatchOptions = {
  /** The project's folder. */
  readonly directory: string;
  /** Globs relative to `directory` of files that count beside the defaults, `!` for some that do not. */
  readonly watch: readonly string[];
  /** gitignore(5) patterns relative to `directory` of files that do not count. */
  readonly ignore: readonly string[];
  /** How long nothing may have changed before it is reported. Default 100. */
  readonly debounceMs?: number;
  /** Default 10,000. */
  readonly maxFolders?: number;
  readonly clock?: Clock;
  /** Paths relative to `directory` with forward slashes, sorted, each once, never none. */
  onChange(files: readonly string[]): void;
  /** One sentence for the user, with what to do; each is told once. */
  onProblem(message: string): void;
};

export type SourceWatch = {
  /** Resolves when changes are seen from now on; changes before that may not be. */
  readonly ready: Promise<void>;
  /** Idempotent; resolves when nothing is watched any more and nothing is called again. */
  close(): Promise<void>;
};

const DEBOUNCE_MS = 100;
/** Changes that go on and on are reported this many times the debounce after the first. */
const MAX_WAIT_FACTOR = 10;
/** 10,000 files are then 5,000 looks a second. */
const POLLING_INTERVAL_MS = 2_000;
/** Each takes a watch, of which a Linux user has 8,192 at the least and mostly over 65,536 for all programs. */
const MAX_FOLDERS = 10_000;

/** Tells of changes to a project's source until it is closed. */
export function createSourceWatch(options: SourceWatchOptions): SourceWatch {
  const {onChange, onProblem, clock = systemClock} = options;
  const {debounceMs = DEBOUNCE_MS, maxFolders = MAX_FOLDERS} = options;
  const directory = path.resolve(options.directory);
  let isClosed = false;
  let isPolling = false;
  const tell = once(message => {
    if (!isClosed) onProblem(message);
  });
  const batch = createChangeBatch();

  const report = async (): Promise<void> => {
    const files = await batch.take();
    if (files.length > 0 && !isClosed) onChange(files.map(file => toRelativePath(directory, file)));
  };
  const debounce = createDebounce({quietMs: debounceMs, maxWaitMs: debounceMs * MAX_WAIT_FACTOR, clock, run: report});
  const onEvent = (event: TreeEvent, file: string): void => {
    batch.add(event, file);
    debounce.trigger();
  };
  const onError = (error: unknown, tree: SourceTree): void => {
    if (!isExhausted(error)) tell(describeFailure(error, directory));
    else if (!isPolling) poll(error, tree);
  };
  const poll = (error: unknown, tree: SourceTree): void => {
    isPolling = true;
    tell(describeExhausted(error, directory, POLLING_INTERVAL_MS));
    // What it holds is what others lack.
    void tree.close();
    trees.replace();
  };
  const openTree = (): SourceTree =>
    createSourceTree({
      filter: {directory, watch: options.watch, ignore: options.ignore},
      pollingIntervalMs: isPolling ? POLLING_INTERVAL_MS : undefined,
      maxFolders,
      onEvent,
      onError,
      onTooManyFolders: () => tell(describeTooManyFolders(directory, maxFolders)),
      onRulesChanged: () => trees.replace(),
    });
  const trees = createSuccession(openTree, clock);
  trees.replace();
  const outer = findOuterRuleFiles(directory).map(file => createFileWatch(file, trees.replace, {clock, debounceMs}));

  const closeAll = async (): Promise<void> => {
    isClosed = true;
    await Promise.all([debounce.close(), trees.close(), ...outer.map(file => file.close())]);
  };
  let closed: Promise<void> | undefined;
  return {ready: trees.settled(), close: () => (closed ??= closeAll())};
}

function once(tell: (message: string) => void): (message: string) => void {
  const told = new Set<string>();
  return message => {
    if (told.has(message)) return;
    told.add(message);
    tell(message);
  };
}
