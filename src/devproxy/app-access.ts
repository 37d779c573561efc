// What the gateway and the idle stop ask of the apps.

import type {Registration} from '../control/protocol.js';
import {upstreamOf} from '../proxy/local-upstream.js';
import type {StartProgress} from '../proxy/start-page.js';
import type {Upstream} from '../proxy/upstream.js';
import type {Upstream as Served} from '../supervisor/attempt.js';
import {SHOWN_LINES} from '../supervisor/start-error.js';
import type {Supervisor} from '../supervisor/supervisor.js';
import {toActivationError} from './app-errors.js';
import type {AppFollowers} from './app-followers.js';
import {outputOf} from './app-output.js';
import {describeInstance} from './app-status.js';
import type {RegisteredApp} from './registered-app.js';

export type AppAccess = {
  /** How long a request may wait for the app, in milliseconds: longer than a start may take, so that it is told why. */
  deadlineOf(name: string): number;
  /** Starts the app if it does not run. Rejects with an ActivationError. */
  activate(name: string): Promise<Upstream>;
  findUpstream(name: string): Upstream | undefined;
  startOf(name: string): StartProgress | undefined;
  /** What of an edit the app applies by itself. */
  reloadsOf(name: string): Registration['reloads'] | undefined;
  /** What stands for a secret in its requests, beside what always does. */
  maskedNamesOf(name: string): readonly string[];
  /** How long it may go unused, and since when nobody has looked at it. */
  idleOf(name: string): {readonly timeout: number | 'never'; readonly leftAt: number};
};

export type AppAccessOptions = {
  readonly supervisor: Pick<Supervisor, 'instance' | 'logs' | 'serving'>;
  readonly apps: ReadonlyMap<string, RegisteredApp>;
  readonly followers: AppFollowers;
  /** Throws NO_SUCH_APP, or why the app did not start. */
  readonly start: (name: string) => Promise<Served>;
};

/** For the old process to end and the new one to be spawned. */
const DEADLINE_MARGIN_MS = 10_000;
const NO_NAMES: readonly string[] = [];

export function createAppAccess({supervisor, apps, followers, start}: AppAccessOptions): AppAccess {
  return {
    deadlineOf(name) {
      const app = apps.get(name);
      if (!app) return DEADLINE_MARGIN_MS;
      const {readyTimeoutMs, dependsOn} = app.registration;
      const others =
        dependsOn.length === 0 ? 0 : Math.max(...[...apps.values()].map(other => other.registration.readyTimeoutMs));
      return readyTimeoutMs + others + DEADLINE_MARGIN_MS;
    },
    async activate(name) {
      try {
        return upstreamOf(await start(name));
      } catch (error) {
        throw toActivationError(error, name);
      }
    },
    findUpstream(name) {
      const serving = supervisor.serving(name);
      return serving && upstreamOf(serving);
    },
    startOf(name) {
      const progress = describeInstance(supervisor.instance(name));
      if (!progress) return undefined;
      return {...progress, lastLines: outputOf(supervisor.logs(name), progress.startedAt).slice(-SHOWN_LINES)};
    },
    reloadsOf: name => apps.get(name)?.registration.reloads,
    maskedNamesOf: name => apps.get(name)?.registration.maskedNames ?? NO_NAMES,
    idleOf(name) {
      const timeout = followers.count(name) > 0 ? null : (apps.get(name)?.registration.idleTimeoutMs ?? null);
      return {timeout: timeout ?? 'never', leftAt: followers.leftAt(name)};
    },
  };
}
