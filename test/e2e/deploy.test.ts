import assert from 'node:assert/strict';
import {beforeAll, describe} from 'vitest';
import {requires} from '../helpers/system-parts.js';
import {describeApps} from './deploy/apps.js';
import {describeColleagues} from './deploy/colleagues.js';
import {describeJson} from './deploy/json.js';
import {describeReleases} from './deploy/releases.js';
import {describeRunning} from './deploy/running.js';
import {DEPLOY_PARTS, shareSite, TIMEOUT_MS} from './deploy/site.js';

// All that a user does with one server, by the commands that they would type.

describe.skipIf(requires(...DEPLOY_PARTS))('on a server that was added as root', () => {
  const site = shareSite('one');
  beforeAll(async () => {
    const {laptop} = site();
    const {stderr} = await laptop.tako(laptop.projects, 'servers', 'add', 'root@one', '--yes');
    assert.match(stderr, /make the user tako[\s\S]*upload Node[\s\S]*start it[\s\S]*one is ready, with tako/);
  }, TIMEOUT_MS);

  describeColleagues(site);
  describeReleases(site);
  describeRunning(site);
  describeApps(site);
  describeJson(site);
});
