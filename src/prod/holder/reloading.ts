// Reloads, by whichever way they are asked for. Where the program itself is not the current one any more, this holder is
// replaced first, so that a server process never meets an older holder.

import {within} from '../../supervisor/race.js';
import type {Clock} from '../../system/clock.js';
import {type Bequest, handOver, type Successor} from './handover.js';
import type {HeldServers} from './held-servers.js';
import type {ServerKeeper} from './server-keeper.js';

export type Reloading = {
  /** Rejects with RELOAD_FAILED, HOLDER_BUSY or HOLDER_NOT_REPLACED; what was there goes on then. */
  reload(): Promise<{readonly pid: number}>;
  /** As somebody on the machine does, by a signal: the server process decides, as it does when it is asked by a command. */
  ask(): void;
  /** The server process does not want to. */
  refused(reason: string): void;
};

export type ReloadingOptions = {
  readonly options: {
    readonly successor?: Successor | undefined;
    readonly clock: Clock;
    readonly say: (text: string) => void;
  };
  /** Which only the holder reads. */
  readonly folder: string;
  readonly keeper: ServerKeeper;
  readonly servers: HeldServers;
  readonly bequest: (isReloadWanted: () => boolean) => Bequest;
};

/** A server process that says nothing for this long is replaced without being asked. */
const ANSWER_WAIT_MS = 10_000;

export function createReloading({options, folder, keeper, servers, bequest}: ReloadingOptions): Reloading {
  const {successor, clock, say} = options;
  let isWanted = false;
  let replacing: Promise<void> | undefined;
  let answered: (() => void) | undefined;

  /** Returns only where this program stays. */
  async function replaceIfOld(): Promise<void> {
    if (!successor || !(await successor.isWanted())) return;
    say('this holder is replaced by that of the current version');
    await handOver({successor, folder, clock, bequest: bequest(() => isWanted)});
  }

  async function reload(): Promise<{readonly pid: number}> {
    answered?.();
    replacing ??= replaceIfOld().finally(() => {
      replacing = undefined;
    });
    await replacing;
    return keeper.reload();
  }

  async function reloadUnasked(): Promise<void> {
    isWanted = true;
    try {
      await reload();
    } finally {
      isWanted = false;
    }
  }

  async function ask(): Promise<void> {
    const active = servers.all().find(({process}) => keeper.isActive(process))?.process;
    const {promise, resolve} = Promise.withResolvers<void>();
    answered = resolve;
    active?.send({type: 'reload-wanted'});
    const isAnswered = active !== undefined && (await within(ANSWER_WAIT_MS, clock, () => promise));
    if (!isAnswered) await reloadUnasked();
  }

  return {
    reload,
    ask: () => void ask().catch(error => say(`not reloaded: ${error instanceof Error ? error.message : error}`)),
    refused: reason => {
      answered?.();
      say(`not reloaded: ${reason}`);
    },
  };
}
