import assert from 'node:assert/strict';
import {rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {describe, it} from 'vitest';
import {loadProject} from '../../src/config/load-project.js';
import {reloadProject} from '../../src/config/reload-project.js';
import {temporaryFolder} from './support.js';

async function projectWith(files: Record<string, string>) {
  const directory = await temporaryFolder({'.git/': '', ...files});
  const write = (text: string) => writeFile(path.join(directory, 'tako.toml'), text);
  return {directory, write, project: await loadProject({directory})};
}

describe('reloadProject', () => {
  it('takes what changed', async () => {
    const {project, write} = await projectWith({'tako.toml': 'name = "one"'});
    await write('name = "two"\nport = 3000');
    const {project: next, error} = await reloadProject(project);
    assert.equal(error, undefined);
    assert.deepEqual([next.config.name, next.config.port], ['two', 3000]);
  });

  it('keeps the last good state, and names every problem with its line, until the file is good again', async () => {
    const {project, write} = await projectWith({'tako.toml': 'name = "one"'});
    await write('name = 1\nport = "x"');
    const broken = await reloadProject(project);
    assert.equal(broken.project, project);
    assert.equal(broken.error?.code, 'CONFIG_INVALID');
    assert.match(broken.error.details.join('\n'), /^tako\.toml:1:1 name: .*\ntako\.toml:2:1 port: /);
    await write('name = "two"');
    assert.equal((await reloadProject(broken.project)).project.config.name, 'two');
  });

  it('keeps the last good state while the file is gone', async () => {
    const {project, directory} = await projectWith({'tako.toml': 'name = "one"'});
    await rm(path.join(directory, 'tako.toml'));
    const {project: next, error} = await reloadProject(project);
    assert.equal(next, project);
    assert.equal(error?.code, 'CONFIG_NOT_FOUND');
  });

  it('takes up a file that was not there', async () => {
    const {project, directory, write} = await projectWith({'package.json': '{"name": "web"}'});
    assert.equal((await reloadProject(project)).project.config.name, 'web');
    await write('name = "one"');
    const {project: next} = await reloadProject(project);
    assert.deepEqual([next.config.name, next.configFile], ['one', path.join(directory, 'tako.toml')]);
  });
});
