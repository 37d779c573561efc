import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {ReleaseState, ReleaseSummary} from '../../../src/control/server-methods.js';
import {agreeOnRollback, type ServerReleases} from '../../../src/prod/deploy/agree-on-rollback.js';

/** A server that has these, last deployed first: `b* a` is b, which serves, and a; `c!` has failed. */
function serverWith(server: string, releases: string, platform = 'linux-x64'): ServerReleases {
  return {server, platform, releases: releases.split(' ').map(toRelease)};
}

const STATES: Readonly<Record<string, ReleaseState>> = {'*': 'current', '!': 'failed', '': 'superseded'};

const toRelease = (text: string): ReleaseSummary => ({
  id: text.slice(0, 1),
  state: STATES[text.slice(1)] ?? 'prepared',
  deployedAt: 0,
  by: 'ann@laptop',
  commit: null,
});

const agreed = (servers: readonly ServerReleases[], wanted: string | null = null) =>
  Object.fromEntries(agreeOnRollback(servers, wanted));

describe('several servers', () => {
  it('go back to the release before, past those that failed', () => {
    const servers = [serverWith('one', 'd! c* x! b a'), serverWith('two', 'c* b a')];
    assert.deepEqual(agreed(servers), {one: 'b', two: 'b'});
  });

  it('go back to the one that is named', () => {
    const servers = [serverWith('one', 'c* b a'), serverWith('two', 'b* a')];
    assert.deepEqual(agreed(servers, 'a'), {one: 'a', two: 'a'});
  });

  it('do nothing at all when one of them lacks it, which is named', () => {
    const servers = [serverWith('one', 'c* b'), serverWith('two', 'c*'), serverWith('three', 'c* b!')];
    assert.throws(() => agreed(servers.slice(0, 2)), {
      code: 'NOTHING_TO_ROLL_BACK',
      message: 'two has no release before the one that serves; nothing was changed',
    });
    assert.throws(() => agreed(servers.slice(0, 2), 'b'), {code: 'NO_SUCH_RELEASE', message: /no release b on two;/});
    const [one, , three] = servers;
    assert.ok(one && three);
    assert.throws(() => agreed([one, three], 'b'), {code: 'RELEASE_NEVER_SERVED', message: /never served on three;/});
  });

  it('that are out of step want to be told which release', () => {
    const servers = [serverWith('one', 'c* b a'), serverWith('two', 'b* a')];
    assert.throws(() => agreed(servers), {code: 'RELEASES_DIFFER', details: ['one: b', 'two: a']});
  });

  it('of two kinds have releases of their own', () => {
    const servers = [serverWith('one', 'c* b'), serverWith('two', 'z* y', 'linux-arm64')];
    assert.deepEqual(agreed(servers), {one: 'b', two: 'y'});
  });
});
