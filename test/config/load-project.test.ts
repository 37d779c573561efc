import assert from 'node:assert/strict';
import {execFile} from 'node:child_process';
import {realpath, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {promisify} from 'node:util';
import {describe, it} from 'vitest';
import {loadProject} from '../../src/config/load-project.js';
import {failure, temporaryFolder} from './support.js';

describe('loadProject without a config file given', () => {
  it('reads the tako.toml of the folder', async () => {
    const folder = await temporaryFolder({'tako.toml': 'name = "shop"\n[vars]\nENV = "x"'});
    const project = await loadProject({directory: folder});
    assert.equal(project.directory, folder);
    assert.equal(project.configFile, path.join(folder, 'tako.toml'));
    assert.equal(project.config.name, 'shop');
    assert.equal(project.warnings.length, 1);
  });

  it('finds the nearest tako.toml around the folder', async () => {
    const folder = await temporaryFolder({'.git/': '', 'tako.toml': '', 'app/tako.toml': '', 'app/src/deep/': ''});
    const project = await loadProject({directory: path.join(folder, 'app/src/deep')});
    assert.equal(project.directory, path.join(folder, 'app'));
  });

  it('looks no further than the folder with .git, which may be a file', async () => {
    const folder = await temporaryFolder({'tako.toml': '', 'repo/.git': 'gitdir: elsewhere', 'repo/app/': ''});
    const project = await loadProject({directory: path.join(folder, 'repo/app')});
    assert.equal(project.configFile, undefined);
    assert.equal(project.directory, path.join(folder, 'repo/app'));
  });

  it('takes no tako.toml of the home folder for the projects below it', async () => {
    const home = await temporaryFolder({'tako.toml': 'name = "home"', 'shop/': ''});
    assert.equal((await loadProject({directory: path.join(home, 'shop'), home})).configFile, undefined);
    assert.equal((await loadProject({directory: home, home})).config.name, 'home');
  });

  it('has every default when there is no tako.toml', async () => {
    const folder = await temporaryFolder({'.git/': '', 'package.json': '{"name": "@acme/web"}'});
    const project = await loadProject({directory: folder});
    assert.equal(project.configFile, undefined);
    assert.equal(project.config.name, 'web');
    assert.deepEqual(project.config.writtenKeys, []);
  });

  it('gives one identity to a project reached through a link', async () => {
    const folder = await temporaryFolder({'shop/tako.toml': ''});
    await symlink('shop', path.join(folder, 'link'));
    const project = await loadProject({directory: path.join(folder, 'link')});
    assert.equal(project.configFile, path.join(await realpath(folder), 'shop/tako.toml'));
  });

  it('throws every problem of the file as details', async () => {
    const folder = await temporaryFolder({'tako.toml': 'nam = "shop"\nport = 0'});
    const error = await failure(() => loadProject({directory: folder}));
    assert.equal(error.code, 'CONFIG_INVALID');
    assert.deepEqual(error.details, [
      'tako.toml:1:1 nam: unknown key, did you mean "name"?',
      'tako.toml:2:1 port: expected a port from 1 to 65535, found 0',
    ]);
  });

  it('says that a tako.toml is a folder', async () => {
    const folder = await temporaryFolder({'tako.toml/': ''});
    const error = await failure(() => loadProject({directory: folder}));
    assert.equal(error.code, 'CONFIG_UNREADABLE');
    assert.match(error.message, /it is not a file$/);
  });

  it('does not wait for a tako.toml that is a pipe', async () => {
    const folder = await temporaryFolder({});
    await promisify(execFile)('mkfifo', [path.join(folder, 'tako.toml')]);
    const error = await failure(() => loadProject({directory: folder}));
    assert.match(error.message, /it is not a file$/);
  });

  it('refuses a tako.toml that is not UTF-8, as TOML has to be', async () => {
    const folder = await temporaryFolder({});
    await writeFile(path.join(folder, 'tako.toml'), Buffer.from('name = "caf\xe9"', 'latin1'));
    const error = await failure(() => loadProject({directory: folder}));
    assert.equal(error.code, 'CONFIG_UNREADABLE');
    assert.match(error.message, /it is not valid UTF-8$/);
  });
});

describe('loadProject with a config file given', () => {
  it('takes its folder for the project, and adds .toml where it is missing', async () => {
    const folder = await temporaryFolder({'app/staging.toml': 'name = "shop-staging"', 'tako.toml': ''});
    for (const configFile of ['app/staging', 'app/staging.toml', path.join(folder, 'app/staging')]) {
      const project = await loadProject({directory: folder, configFile});
      assert.equal(project.directory, path.join(folder, 'app'));
      assert.equal(project.configFile, path.join(folder, 'app/staging.toml'));
    }
  });

  it('names the file in problems by its own name', async () => {
    const folder = await temporaryFolder({'staging.toml': 'port = 0'});
    const error = await failure(() => loadProject({directory: folder, configFile: 'staging'}));
    assert.match(error.details.join(), /^staging\.toml:1:1 port/);
  });

  it('fails for a folder, a missing folder and a missing file, each with its reason', async () => {
    const folder = await temporaryFolder({'app/tako.toml': ''});
    const reasons: Record<string, RegExp> = {
      app: /app is a folder, not a config file$/,
      'none/tako.toml': /there is no folder .*none$/,
      other: /there is no config file .*other\.toml$/,
    };
    for (const [configFile, reason] of Object.entries(reasons)) {
      const error = await failure(() => loadProject({directory: folder, configFile}));
      assert.equal(error.code, 'CONFIG_NOT_FOUND');
      assert.match(error.message, reason);
      assert.ok(error.hint);
    }
  });
});
