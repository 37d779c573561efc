import assert from 'node:assert/strict';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {type LiveApp, SERVER_TOML, serverFiles, serverOf, startLive} from './live.js';
import {temporaryFolder} from './support.js';

// What the next daemon makes of what was edited while none ran.

/** The app as the daemon after that has it. */
async function editedWhileDown(
  files: Readonly<Record<string, string>>,
  edits: Readonly<Record<string, string>>,
): Promise<LiveApp> {
  const home = temporaryFolder();
  const directory = temporaryFolder();
  const before = await startLive(home);
  await (await before.add('edited', files, {directory})).get();
  await before.close();
  for (const [file, text] of Object.entries(edits)) {
    await mkdir(path.dirname(path.join(directory, file)), {recursive: true});
    await writeFile(path.join(directory, file), text);
  }
  const after = await startLive(home);
  onTestFinished(() => after.close());
  return after.find('edited', directory);
}

const packageOf = (dev: string): string => JSON.stringify({name: 'edited', scripts: {dev}});

describe('the daemon that comes back', () => {
  it('serves the routes that were added to tako.toml, before anything starts', async () => {
    const toml = `${SERVER_TOML}[envs.development]\nroutes = ["edited.test", "added.test"]\n`;
    const app = await editedWhileDown(serverFiles('v1'), {'tako.toml': toml});
    const {state} = await app.until(({urls}) => urls.some(url => url.startsWith('https://added.test')));
    assert.equal(state, 'stopped');
  });

  it('starts for the first request what tako.toml says now', async () => {
    const app = await editedWhileDown(serverFiles('v1'), {
      'tako.toml': 'dev = ["node", "other.mjs"]\n',
      'other.mjs': serverOf('v2'),
    });
    assert.match((await app.get()).body, /^v2 /);
    assert.deepEqual(
      (await app.log()).filter(line => line.startsWith('tako: restarting')),
      [],
    );
  });

  it('runs the script that package.json has now', async () => {
    const app = await editedWhileDown(
      {
        'package.json': JSON.stringify({name: 'edited', scripts: {start: 'node server.mjs'}}),
        'server.mjs': serverOf('v1'),
      },
      {'package.json': packageOf('node other.mjs'), 'other.mjs': serverOf('v2')},
    );
    assert.match((await app.get()).body, /^v2 /);
    assert.deepEqual((await app.status()).command, ['npm', 'run', 'dev']);
  });

  it('says what cannot be used of it, and serves by what it knew before', async () => {
    const app = await editedWhileDown(serverFiles('v1'), {'tako.toml': `${SERVER_TOML}rutime = "node"\n`});
    assert.match((await app.get()).body, /^v1 /);
    assert.equal((await app.status()).problem?.code, 'CONFIG_INVALID');
  });
});
