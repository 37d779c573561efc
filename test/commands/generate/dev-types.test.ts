import assert from 'node:assert/strict';
import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {describe, it} from 'vitest';
import {setSecrets} from '../../../src/secrets/change-secrets.js';
import {openKeyFiles} from '../../../src/secrets/keys/key-files.js';
import {eventually} from '../../helpers/eventually.js';
import {shareTako} from '../../helpers/shared-tako.js';
import {TALKER, talkingProject} from '../support.js';

const tako = shareTako();

const TOML = `name = "typed"\ndev = ${JSON.stringify(TALKER)}\n[vars]\nREGION = "eu"\n`;

function project(dependencies: Readonly<Record<string, string>>) {
  const {directory, write} = talkingProject('typed');
  write('package.json', JSON.stringify({dependencies}));
  write('tako.toml', TOML);
  return {directory, write, file: path.join(directory, 'tako.d.ts')};
}

describe('the types under tako dev', () => {
  it('are there before the app starts, and follow tako.toml and the secrets while it runs', async () => {
    const {directory, write, file} = project({'tako.sh': '^1.0.0'});
    const dev = tako.dev(directory);
    await dev.ready();
    assert.match(readFileSync(file, 'utf8'), /REGION: string/);
    write('tako.toml', TOML.replace('REGION', 'CONTINENT'));
    await eventually(() => assert.match(readFileSync(file, 'utf8'), /CONTINENT: string/));
    const place = {projectDirectory: directory, keys: openKeyFiles(tako.home), dataFolder: tako.home};
    await setSecrets(place, 'development', [{name: 'API_KEY', value: 'x', expiresOn: null}]);
    await eventually(() => assert.match(readFileSync(file, 'utf8'), /API_KEY: string/));
    await dev.end('SIGINT');
  });

  it('are not put into a project that has not asked for them, but kept where it has', async () => {
    const {directory, write, file} = project({});
    const first = tako.dev(directory);
    await first.ready();
    await first.end('SIGINT');
    assert.equal(existsSync(file), false);
    write('tako.d.ts', 'export {};\n');
    const second = tako.dev(directory);
    await second.ready();
    await second.end('SIGINT');
    assert.match(readFileSync(file, 'utf8'), /REGION: string/);
  });
});
