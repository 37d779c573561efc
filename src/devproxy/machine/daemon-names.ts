// How the daemon keeps its names found: single names in a hosts file follow the apps, and what is lost is said.

import {lookup} from 'node:dns/promises';
import path from 'node:path';
import type {Notice} from '../../control/events.js';
import {type Clock, systemClock} from '../../system/clock.js';
import {DASHBOARD_HOSTS} from '../dashboard/hosts.js';
import {explainLoss} from './explain-loss.js';
import {updateHostsFile} from './hosts-file.js';
import {hostsToName} from './hosts-names.js';
import type {MachineWorld} from './machine-plan.js';
import {OWN_FILES, readNameFacts} from './name-facts.js';
import {watchNames} from './name-watch.js';

export type DaemonNamesOptions = {
  readonly world: MachineWorld;
  readonly zones: readonly string[];
  readonly tell: (level: Notice['level'], text: string) => void;
  readonly log: (line: string) => void;
  readonly clock?: Clock;
};

export type DaemonNames = {
  /** To be called with the hosts of all apps, when they are others. */
  update(hosts: readonly string[]): void;
  /** Looks after the names until the returned function is called. */
  watch(watched: {readonly dnsPort: number; readonly isWatched: () => boolean}): () => Promise<void>;
};

export function createDaemonNames(options: DaemonNamesOptions): DaemonNames {
  const {world, zones, tell, log, clock = systemClock} = options;
  const hostsFile = path.join(world.root ?? '/', OWN_FILES.hosts);
  return {
    update(hosts) {
      try {
        const outcome = updateHostsFile(hostsFile, hostsToName(hosts, zones));
        if (outcome !== 'same') log(`names in ${hostsFile}: ${outcome}`);
      } catch (error) {
        log(`${hostsFile} could not be written: ${error instanceof Error ? error.message : error}`);
      }
    },
    watch({dnsPort, isWatched}) {
      const stop = new AbortController();
      const loss = async (): Promise<void> => {
        const text = explainLoss(await readNameFacts(world), {zones, dnsPort});
        log(text);
        tell('warning', text);
      };
      const found = (isAgain: boolean): void => {
        const text = `this machine finds ${listOf(zones)}${isAgain ? ' again' : ''}`;
        log(text);
        if (isAgain) tell('info', text);
      };
      const watching = watchNames(
        {clock, isWatched, isFound: isCanaryFound, onLost: loss, onFound: found},
        stop.signal,
      ).catch((error: unknown) => {
        if (!stop.signal.aborted) log(`bug: ${error instanceof Error ? error.stack : error}`);
      });
      return async () => {
        stop.abort();
        await watching;
      };
    },
  };
}

/** Tako's own page: in every zone that tako can have instead of `test`, and named in a hosts file as well. */
const [CANARY] = DASHBOARD_HOSTS;
/** What takes longer is of no use to a browser either. */
const TIMEOUT_MS = 4_000;

async function isCanaryFound(): Promise<boolean> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const late = new Promise<never[]>(resolve => timeout.addEventListener('abort', () => resolve([]), {once: true}));
  const addresses = await Promise.race([lookup(CANARY, {all: true}).catch(() => []), late]);
  return addresses.some(({address}) => address === '127.0.0.1' || address === '::1');
}

const listOf = (zones: readonly string[]): string => `names under ${zones.map(zone => `.${zone}`).join(', ')}`;
