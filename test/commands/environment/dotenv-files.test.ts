import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {describeUnsentVariables, findDotenvFiles} from '../../../src/commands/environment/dotenv-files.js';
import {loadProject} from '../../../src/config/load-project.js';
import {temporaryFolder} from '../../config/support.js';

const ENVIRONMENTS = ['development', 'staging'];

describe('files of variables', () => {
  it('are those that may concern the environment, each with its names', async () => {
    const folder = await temporaryFolder({
      '.env': 'A=1\n# B=2\nexport C="x\ny"\n',
      '.env.local': 'D=1',
      '.env.staging': 'E=1',
      '.env.development.local': 'F=1',
      '.env.production': 'G=1',
      '.env.example': 'H=',
      '.env.test': 'I=1',
      '.envrc': 'export J=1',
      '.env.d/': '',
    });
    assert.deepEqual(await findDotenvFiles(folder, 'staging', ENVIRONMENTS), [
      {file: '.env', names: ['A', 'C']},
      {file: '.env.local', names: ['D']},
      {file: '.env.staging', names: ['E']},
    ]);
    const files = (await findDotenvFiles(folder, 'development', ENVIRONMENTS)).map(({file}) => file);
    assert.deepEqual(files, ['.env', '.env.development.local', '.env.local']);
  });

  it('have no names where they cannot be understood', async () => {
    const folder = await temporaryFolder({'.env': 'this is not one'});
    assert.deepEqual(await findDotenvFiles(folder, 'staging', ENVIRONMENTS), [{file: '.env', names: []}]);
  });
});

describe('what a deploy leaves behind', () => {
  const TOML =
    '[envs.production]\nroute = "a.example.com"\n[vars]\nREGION = "eu"\n[vars.development]\nLEVEL = "debug"\n';

  async function notes(dotenv: string): Promise<readonly string[]> {
    const directory = await temporaryFolder({'tako.toml': TOML, '.env': dotenv});
    return describeUnsentVariables(await loadProject({directory, home: directory}), 'production');
  }

  it('is every variable of a file that the environment does not have, and never its value', async () => {
    const [note, ...others] = await notes('REGION=us\nLEVEL=canary-value\nNODE_ENV=test\nAPI_KEY=canary-value\n');
    assert.deepEqual(others, []);
    assert.match(
      note ?? '',
      /^\.env stays here, and with it LEVEL, API_KEY: "tako secrets import \.env --env production"$/,
    );
  });

  it('is nothing to speak of where tako.toml has them all', async () => {
    assert.deepEqual(await notes('REGION=us\nNODE_ENV=test\n'), []);
  });
});
