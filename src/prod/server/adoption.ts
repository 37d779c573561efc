// What runs already when a server process takes over: taken on where it is to run, ended where it is not.

import type {DeploymentName} from '../../control/server-methods.js';
import type {Supervisor} from '../../supervisor/supervisor.js';
import type {Clock} from '../../system/clock.js';
import type {RunningApp} from '../holder/holder-client.js';
import type {State} from '../state/state.js';
import type {Deployments} from './deployments.js';
import {deploymentKey, type InstanceName, parseDeploymentKey, parseInstanceName} from './instance-name.js';

export type Adoption = {
  /** Which instances of a release are there. */
  numbersOf(name: DeploymentName, release: string): readonly number[];
  /** Gives each to the supervisor, or ends it. Resolves when all that are ready are known as such. */
  take(world: AdoptionWorld): Promise<void>;
};

type AdoptionWorld = {
  readonly supervisor: Pick<Supervisor, 'adopt'>;
  readonly deployments: Pick<Deployments, 'find'>;
  readonly clock: Clock;
};

/** For those that nobody knows any more: of releases that did not come to serve. */
const GRACE_MS = 10_000;

export function adoptRunning(running: readonly RunningApp[], state: Pick<State, 'releases'>): Adoption {
  const known = running.map(one => ({...one, name: parseInstanceName(one.spec.app)}));
  const isWanted = (name: InstanceName): boolean =>
    state.releases.current(parseDeploymentKey(name.deployment))?.id === name.release;

  return {
    numbersOf: (deployment, release) =>
      known.flatMap(({name}) =>
        name?.deployment === deploymentKey(deployment) && name.release === release ? [name.number] : [],
      ),
    async take({supervisor, clock}) {
      const adoptions = known.map(({app, spec, endpoint, startedAt, name}) => {
        if (!name || !isWanted(name)) return app.end(GRACE_MS, clock).then(() => app.close());
        // Still starting, it is waited for by whoever needs it.
        const ready = supervisor.adopt(spec, app, endpoint, startedAt);
        ready.catch(() => undefined);
        return endpoint ? ready : undefined;
      });
      await Promise.allSettled(adoptions);
    },
  };
}
