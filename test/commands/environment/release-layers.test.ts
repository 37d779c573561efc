import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {releaseLayers} from '../../../src/commands/environment/app-layers.js';
import {loadProject} from '../../../src/config/load-project.js';
import {explainLayers} from '../../../src/config/variable-layers.js';
import {releaseEnvironment} from '../../../src/prod/server/launch.js';
import {appEnvironment} from '../../../src/supervisor/spawn.js';
import {temporaryFolder} from '../../config/support.js';
import {planned, takoToml} from '../../prod/deploy/support.js';
import {manifestOf} from '../../prod/releases/support.js';

const PLACE = {deployment: 'shop/production', dataFolder: '/data', nodeFile: '/node/bin/node', token: 'token'};

/** What a server gives to a process of a release with these variables. */
function serverEnvironment(variables: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const release = {id: 'abc', tree: '/releases/abc', manifest: manifestOf([], {variables})};
  return appEnvironment({environment: releaseEnvironment(release, PLACE)}, 'id', {port: 4000, file: '/report'});
}

describe('the layers of a release', () => {
  it.each([
    [
      'of tako.toml',
      '[vars]\nREGION = "eu"\nNODE_ENV = "staging"\nHOME = "/mine"\nPATH = "/mine"\nTAKO_BUILD = "mine"\n',
    ],
    ['that its start command begins with', 'start = "MODE=fast NODE_ENV=staging node server.js"\n'],
  ])('give what its server gives, with variables %s', async (_, top) => {
    const directory = await temporaryFolder({
      'tako.toml': takoToml(top),
      'package.json': '{"name": "shop"}',
      'server.js': '',
    });
    const {plan} = await planned(directory);
    const found = serverEnvironment(plan.variables);
    const project = await loadProject({directory, home: directory});
    const layers = await releaseLayers(project, 'production', {source: 'secrets', variables: {}});
    const explained = explainLayers(layers);
    const expected = Object.entries(found).filter(([, value]) => value !== undefined);
    assert.deepEqual(
      explained.map(({name}) => name),
      expected.map(([name]) => name).sort(),
    );
    for (const {name, value} of explained) if (value !== null) assert.equal(value, found[name], name);
  });
});
