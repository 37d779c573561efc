// The files that apps depend on while anybody is interested: those that say how they are run, and their source where its
// changes mean something to tako.

import path from 'node:path';
import {CONFIG_FILE} from '../config/load-project.js';
import type {Registration} from '../control/protocol.js';
import {SECRETS_FILE} from '../secrets/secret-file.js';
import {createFileWatch, type FileWatch} from './watch/file-watch.js';
import {createSourceWatch, type SourceWatch} from './watch/source-watch.js';

export type AppWatches = {
  /** What is to be watched of the app from now on. */
  update(registration: Registration, wanted: WatchedParts): void;
  /** Watches nothing of the app any more. */
  forget(name: string): void;
  close(): Promise<void>;
};

export type WatchedParts = {readonly project: boolean; readonly source: boolean};

export type AppWatchesOptions = {
  /** Its tako.toml or package.json changed. */
  readonly onProject: (name: string) => unknown;
  /** Its secrets changed. */
  readonly onSecrets: (name: string) => unknown;
  /** Paths relative to the app's folder. */
  readonly onSource: (name: string, files: readonly string[]) => void;
  readonly onProblem: (name: string, message: string) => void;
};

/** `key` says what exactly is watched: another one takes its place when that differs. */
type Kept<Watch> = {readonly key: string; readonly watch: Watch};

export function createAppWatches({onProject, onSecrets, onSource, onProblem}: AppWatchesOptions): AppWatches {
  const projects = new Map<string, Kept<FileWatch>>();
  const sources = new Map<string, Kept<SourceWatch>>();
  const closing = new Set<Promise<void>>();
  let isClosed = false;

  function keep<Watch extends {close(): Promise<void>}>(
    watches: Map<string, Kept<Watch>>,
    name: string,
    key: string | undefined,
    open: () => Watch,
  ): void {
    const known = watches.get(name);
    if (known?.key === key) return;
    watches.delete(name);
    if (known) {
      const closed = known.watch.close().finally(() => closing.delete(closed));
      closing.add(closed);
    }
    if (key !== undefined) watches.set(name, {key, watch: open()});
  }

  function update(registration: Registration, wanted: WatchedParts): void {
    // Apps change still while they are stopped after that.
    if (isClosed) return;
    const {name, directory, watch, ignore} = registration;
    const configFile = registration.configFile ?? path.join(directory, CONFIG_FILE);
    const projectFiles = [configFile, path.join(directory, 'package.json')];
    const secretsFile = path.join(directory, SECRETS_FILE);
    keep(projects, name, wanted.project ? JSON.stringify(projectFiles) : undefined, () =>
      closeBoth(
        watchFiles(projectFiles, () => onProject(name)),
        createFileWatch(secretsFile, () => onSecrets(name)),
      ),
    );
    keep(sources, name, wanted.source ? JSON.stringify([directory, configFile, watch, ignore]) : undefined, () =>
      createSourceWatch({
        directory,
        watch,
        ignore,
        onChange: files => {
          // That one is read, and what it says decides.
          const source = files.filter(file => path.resolve(directory, file) !== configFile);
          if (source.length > 0) onSource(name, source);
        },
        onProblem: message => onProblem(name, message),
      }),
    );
  }

  const forget = (name: string): void => {
    keep(projects, name, undefined, unreachable);
    keep(sources, name, undefined, unreachable);
  };
  return {
    update,
    forget,
    async close() {
      isClosed = true;
      for (const name of new Set([...projects.keys(), ...sources.keys()])) forget(name);
      await Promise.all(closing);
    },
  };
}

function watchFiles(files: readonly string[], onChange: () => void): FileWatch {
  const watches = files.map(file => createFileWatch(file, onChange));
  return {close: async () => void (await Promise.all(watches.map(watch => watch.close())))};
}

const closeBoth = (one: FileWatch, other: FileWatch): FileWatch => ({
  close: async () => void (await Promise.all([one.close(), other.close()])),
});

const unreachable = (): never => {
  throw new Error('nothing is opened without a key');
};
