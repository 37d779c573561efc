import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {decideSelection, loadWorkspaceApp, readSurroundings, type Surroundings} from '../../src/commands/selection.js';
import {appFiles, projectOf, WORKSPACE_ROOT} from './workspace-support.js';

const appOf = (name: string, directory = `/acme/apps/${name}`) => ({name, directory, configFile: undefined});
const [API, WEB] = [appOf('api'), appOf('web')];
const ROOT: Surroundings = {apps: [API, WEB], isBareRoot: true};
const INSIDE: Surroundings = {apps: [API, WEB], isBareRoot: false};
const ALONE: Surroundings = {apps: [], isBareRoot: false};

describe('what tako dev is about', () => {
  it('is every app at the root of a workspace', () => {
    assert.deepEqual(decideSelection([], ROOT), {type: 'workspace', apps: [API, WEB]});
  });

  it('is the app of the folder anywhere else, and at a root that has none', () => {
    for (const around of [INSIDE, ALONE, {apps: [], isBareRoot: true}]) {
      assert.deepEqual(decideSelection([], around), {type: 'folder', words: []});
    }
  });

  it('is the apps that are named, each once, in the order of the workspace', () => {
    assert.deepEqual(decideSelection(['web', 'api', 'web'], ROOT), {type: 'named', apps: [API, WEB]});
    assert.deepEqual(decideSelection(['web'], INSIDE), {type: 'named', apps: [WEB]});
  });

  it('is all apps that have the name', () => {
    const other = appOf('web', '/acme/sites/web');
    assert.deepEqual(decideSelection(['web'], {apps: [WEB, other], isBareRoot: true}), {
      type: 'named',
      apps: [WEB, other],
    });
  });

  it.each([
    [['node', 'server.js']],
    [['npm', 'run', 'api']],
    [['node', 'api']],
    [['web', '--port', '3000']],
    [['./web', 'api']],
    [['vite']],
  ])('is a command when not every word is a name: %j', words => {
    assert.deepEqual(decideSelection(words, ROOT), {type: 'folder', words});
  });

  it.each([
    [['web', 'apo'], 'apo', 'did you mean api?'],
    [['wbe', 'api'], 'wbe', 'did you mean web?'],
    [['web', 'nothing'], 'nothing', 'there are: api, web'],
  ])('is a mistake when a name stands among others that are known: %j', (words, name, hint) => {
    assert.throws(() => decideSelection(words, ROOT), {
      code: 'NO_SUCH_APP',
      message: `there is no app ${name} here`,
      hint,
    });
  });
});

describe('the surroundings of a folder', () => {
  const files = {
    ...WORKSPACE_ROOT,
    ...appFiles('web', 'apps/web'),
    ...appFiles('api', 'apps/api', 'name = "backend"\n'),
  };

  it('are the apps of its workspace, by the names of their own files', async () => {
    const {directory} = projectOf({...files, 'apps/web/src/index.ts': ''});
    const {apps, isBareRoot} = await readSurroundings(directory);
    assert.deepEqual([apps.map(({name}) => name), isBareRoot], [['backend', 'web'], true]);
    const inside = await readSurroundings(path.join(directory, 'apps/web'));
    assert.deepEqual(inside, {apps, isBareRoot: false});
  });

  it('are no bare root where the root is an app itself', async () => {
    const {directory} = projectOf({...files, 'tako.toml': 'name = "root"\ndev = ["node", "server.mjs"]\n'});
    const {apps, isBareRoot} = await readSurroundings(directory);
    assert.deepEqual([apps.length, isBareRoot], [2, false]);
  });

  it('are empty outside of a workspace', async () => {
    const {directory} = projectOf(appFiles('web'));
    assert.deepEqual(await readSurroundings(directory), {apps: [], isBareRoot: false});
  });

  it('lend an app without a tako.toml none of a folder around it', async () => {
    const {directory} = projectOf({...files, '.git/HEAD': '', 'tako.toml': 'name = "root"\n'});
    const [, web] = (await readSurroundings(directory)).apps;
    assert.ok(web);
    const project = await loadWorkspaceApp(web);
    assert.deepEqual(
      [project.directory, project.configFile, project.config.name],
      [path.join(directory, 'apps/web'), undefined, 'web'],
    );
  });
});
