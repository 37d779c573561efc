import assert from 'node:assert/strict';
import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';
import {loadProject} from '../../src/config/load-project.js';
import {createTako} from '../helpers/tako.js';
import {documentOf, errorOf, temporaryFolder} from './support.js';

const tako = createTako();
afterAll(() => tako.close());

/** A new folder of this name. */
function folder(name: string): string {
  const directory = path.join(temporaryFolder(), name);
  mkdirSync(directory);
  return directory;
}

const init = (cwd: string, ...args: string[]) => tako.run(['init', ...args], {cwd});

describe('tako init', () => {
  it('writes a tako.toml that tako can read, named after the folder', async () => {
    const cwd = folder('My-Shop');
    const {code, stdout, stderr} = await init(cwd);
    assert.deepEqual([code, stdout], [0, '']);
    assert.match(stderr, /^wrote .+tako\.toml: app my-shop, production at my-shop\.example\.com\n/);
    const {config, warnings} = await loadProject({directory: cwd});
    assert.deepEqual([config.name, warnings], ['my-shop', []]);
    assert.equal(statSync(path.join(cwd, 'tako.toml')).mode & 0o777, 0o644);
  });

  it('takes name and route from the flags, and makes the folder', async () => {
    const cwd = temporaryFolder();
    const result = await init(cwd, 'new/folder', '--name', 'web', '--route', 'web.example.org', '--json');
    const file = path.join(cwd, 'new/folder/tako.toml');
    assert.deepEqual(documentOf(result), {ok: true, file, name: 'web', route: 'web.example.org'});
    const {config} = await loadProject({directory: path.dirname(file)});
    assert.equal(config.name, 'web');
    assert.equal(config.environments.production?.routes[0]?.host, 'web.example.org');
  });

  it('names an app inside another project after its own folder', async () => {
    const outer = folder('outer');
    writeFileSync(path.join(outer, 'tako.toml'), 'name = "outer"\n');
    assert.equal(documentOf(await init(outer, 'inner', '--json')).name, 'inner');
  });

  it('leaves a tako.toml that is there as it is', async () => {
    const cwd = folder('shop');
    writeFileSync(path.join(cwd, 'tako.toml'), 'mine');
    const result = await init(cwd, '--json');
    assert.equal(result.code, 1);
    assert.equal(errorOf(result).code, 'CONFIG_EXISTS');
    assert.equal(readFileSync(path.join(cwd, 'tako.toml'), 'utf8'), 'mine');
  });

  it.each([
    ['name', ['--name', 'My Shop'], /name: /],
    ['route', ['--route', 'http://shop'], /envs\.production\.route: /],
  ])('refuses a %s that would not be read again, and writes nothing', async (_, flags, problem) => {
    const cwd = temporaryFolder();
    const result = await init(cwd, 'new', ...flags, '--json');
    assert.equal(result.code, 1);
    const {code, details} = errorOf(result);
    assert.equal(code, 'CONFIG_INVALID');
    assert.match(details.join('\n'), problem);
    assert.equal(existsSync(path.join(cwd, 'new')), false);
  });
});
