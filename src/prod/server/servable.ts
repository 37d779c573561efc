// What a server process has to be able to serve before it follows another: all that this one serves. A program that cannot
// read a release does not get that far, and the one before goes on.

import {TakoError} from '../../system/error.js';
import type {Holder} from '../holder/holder-client.js';
import type {ReleaseStore} from '../releases/release-store.js';
import type {State} from '../state/state.js';
import {parseDeploymentKey} from './instance-name.js';

const BAGGAGE = 'serving';

/** Leaves word of what serves to the next process. */
export const leaveServing = (holder: Pick<Holder, 'setBaggage'>, serving: ReadonlyMap<string, string>): void =>
  holder.setBaggage(BAGGAGE, Object.fromEntries(serving));

/** Throws RELEASE_UNREADABLE for a release that the process before serves and this one cannot. */
export async function assertServable(
  holder: Pick<Holder, 'baggage'>,
  state: Pick<State, 'releases'>,
  releases: Pick<ReleaseStore, 'read'>,
): Promise<void> {
  const serving = Object.entries(Object(holder.baggage(BAGGAGE)) as Record<string, unknown>);
  for (const [key, id] of serving) {
    const record = state.releases.find(parseDeploymentKey(key), String(id));
    if (record)
      await releases.read(record.manifestHash).catch(cause => Promise.reject(unreadable(key, String(id), cause)));
  }
}

const unreadable = (key: string, release: string, cause: unknown): TakoError =>
  new TakoError('RELEASE_UNREADABLE', `this version cannot serve release ${release} of ${key}`, {
    hint: 'deploy it again with the new version of tako, then upgrade; until then the version before goes on',
    details: [cause instanceof Error ? cause.message : String(cause)],
    cause,
  });
