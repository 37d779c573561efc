// Where several servers roll back to. It is decided for all of them before the first begins: one that lacks the release
// would be left with another than the rest.

import type {ReleaseSummary} from '../../control/server-methods.js';
import {TakoError} from '../../system/error.js';

/** What a server has, last deployed first. */
export type ServerReleases = {
  readonly server: string;
  /** Releases of servers of one platform are the same for the same project. */
  readonly platform: string;
  readonly releases: readonly ReleaseSummary[];
};

/**
 * The release that each goes back to, by the server's name: `wanted`, or on each the one before the current. Throws
 * NO_SUCH_RELEASE, RELEASE_NEVER_SERVED, NOTHING_TO_ROLL_BACK for servers that cannot, RELEASES_DIFFER for ones of a kind that
 * would not come to the same.
 */
export function agreeOnRollback(
  servers: readonly ServerReleases[],
  wanted: string | null,
): ReadonlyMap<string, string> {
  const targets = servers.map(one => ({...one, release: wanted === null ? previousOf(one) : find(one, wanted)}));
  const lacking = targets.filter(({release}) => release === undefined).map(({server}) => server);
  if (lacking.length > 0) throw wanted === null ? nothingBefore(lacking) : lacksRelease(lacking, wanted);
  const unproven = targets.filter(({release}) => !hasServed(release)).map(({server}) => server);
  if (unproven.length > 0 && wanted !== null) throw neverServed(unproven, wanted);
  for (const {platform, release} of targets) {
    const others = targets.filter(other => other.platform === platform && other.release?.id !== release?.id);
    if (others.length > 0) throw releasesDiffer(targets);
  }
  return new Map(targets.map(({server, release}) => [server, release?.id ?? '']));
}

/** As the server itself finds it: of those that have served, the one deployed last before the current one. */
const previousOf = ({releases}: ServerReleases): ReleaseSummary | undefined =>
  releases.slice(releases.findIndex(({state}) => state === 'current') + 1).find(hasServed);

const find = ({releases}: ServerReleases, wanted: string): ReleaseSummary | undefined =>
  releases.find(({id}) => id === wanted);

const hasServed = (release: ReleaseSummary | undefined): boolean =>
  release?.state === 'current' || release?.state === 'superseded';

const UNCHANGED = 'nothing was changed';

const lacksRelease = (servers: readonly string[], release: string): TakoError =>
  new TakoError('NO_SUCH_RELEASE', `there is no release ${release} on ${servers.join(', ')}; ${UNCHANGED}`, {
    hint: '"tako releases" lists those there are',
  });

const neverServed = (servers: readonly string[], release: string): TakoError =>
  new TakoError('RELEASE_NEVER_SERVED', `release ${release} has never served on ${servers.join(', ')}; ${UNCHANGED}`, {
    hint: 'deploy it instead',
  });

const nothingBefore = (servers: readonly string[]): TakoError =>
  new TakoError(
    'NOTHING_TO_ROLL_BACK',
    `${servers.join(', ')} ${servers.length === 1 ? 'has' : 'have'} no release before the one that serves; ${UNCHANGED}`,
    {hint: '"tako releases" lists those there are'},
  );

const releasesDiffer = (
  targets: readonly {readonly server: string; readonly release: ReleaseSummary | undefined}[],
): TakoError =>
  new TakoError('RELEASES_DIFFER', `the servers would go back to different releases; ${UNCHANGED}`, {
    hint: 'name the release: tako rollback <release>',
    details: targets.map(({server, release}) => `${server}: ${release?.id}`),
  });
