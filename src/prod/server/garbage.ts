// What nobody needs any more, from time to time: after a crash, a deploy that was cut, or an upload that nobody deployed.
// Releases that the state does not know, files of such, and what was left half written. See object-store.ts for how long
// what was just uploaded or asked for is safe.

import path from 'node:path';
import type {DeploymentName} from '../../control/server-methods.js';
import type {Clock} from '../../system/clock.js';
import {namesIn} from '../releases/durable-files.js';
import type {ReleaseStore} from '../releases/release-store.js';
import type {State} from '../state/state.js';

export type GarbageCollection = {
  /** Resolves when nothing is removed any more. */
  close(): Promise<void>;
};

export type GarbageOptions = {
  readonly root: string;
  readonly state: Pick<State, 'releases'>;
  readonly releases: Pick<ReleaseStore, 'prune' | 'tidy' | 'collect'>;
  readonly clock: Clock;
  readonly log: (text: string) => void;
};

/** Not while a server that has just been started has other things to do. */
const FIRST_AFTER_MS = 5 * 60_000;
/** Every object is looked at: 100,000 take seconds of a disk. */
const EVERY_MS = 6 * 60 * 60_000;

export function startGarbageCollection(options: GarbageOptions): GarbageCollection {
  const over = new AbortController();
  const {clock, log} = options;
  async function run(): Promise<void> {
    for (let pauseMs = FIRST_AFTER_MS; ; pauseMs = EVERY_MS) {
      await clock.sleep(pauseMs, over.signal);
      await collectGarbage(options, over.signal).catch(error => log(`not all garbage was collected: ${error.message}`));
    }
  }
  // It ends when its sleep is given up.
  const running = run().catch(() => {});
  return {
    close: () => {
      over.abort();
      return running;
    },
  };
}

/** Once, unless it is given up. Throws what hinders it; what comes before that is done. */
export async function collectGarbage(
  {root, state, releases, log}: Omit<GarbageOptions, 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  for (const name of await deploymentsOnDisk(root)) {
    signal.throwIfAborted();
    const removed = await releases.prune(name, () => new Set(state.releases.list(name).map(({id}) => id)));
    if (removed.length > 0)
      log(`removed releases of ${name.app}/${name.environment} left behind: ${removed.join(', ')}`);
    await releases.tidy(name);
  }
  signal.throwIfAborted();
  const {objects, bytes} = await releases.collect(state.releases.manifests());
  if (objects > 0) log(`removed ${objects} files that no release needs: ${Math.ceil(bytes / 1_024)} KiB`);
}

async function deploymentsOnDisk(root: string): Promise<DeploymentName[]> {
  const apps = path.join(root, 'apps');
  const names: DeploymentName[] = [];
  for (const app of await namesIn(apps)) {
    for (const environment of await namesIn(path.join(apps, app))) names.push({app, environment});
  }
  return names;
}
