import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {isAppName} from '../../src/config/value.js';
import {decideAppName, type NamedProject} from '../../src/devproxy/app-name.js';

const project = (name: string, directory: string, configFile: string | null = null): NamedProject => ({
  name,
  directory,
  configFile,
});

describe('the name an app is registered under', () => {
  it('is the name of the project when nobody else has it', () => {
    assert.equal(decideAppName(project('web', '/a/shop'), []), 'web');
    assert.equal(decideAppName(project('web', '/a/shop'), [project('api', '/b')]), 'web');
  });

  it('is the same again for the same project', () => {
    assert.equal(decideAppName(project('web', '/a/shop'), [project('web', '/a/shop')]), 'web');
  });

  it('has the name of the folder behind it when another project has the name', () => {
    assert.equal(decideAppName(project('web', '/a/My Shop!'), [project('web', '/b')]), 'web-my-shop');
  });

  it('has four characters behind it when that name is taken too, or would say nothing new', () => {
    const others = [project('web', '/b'), project('web-shop', '/c')];
    assert.match(decideAppName(project('web', '/a/shop'), others), /^web-[0-9a-f]{4}$/);
    assert.match(decideAppName(project('web', '/a/web'), others), /^web-[0-9a-f]{4}$/);
  });

  it('differs between two config files of one folder', () => {
    const first = project('web', '/a/shop', '/a/shop/tako.toml');
    const second = project('web', '/a/shop', '/a/shop/other.toml');
    assert.equal(decideAppName(second, [first]), 'web-shop');
  });

  it('stays when the one that had it first is gone', () => {
    const own = project('web-shop', '/a/shop');
    assert.equal(decideAppName(project('web', '/a/shop'), [project('web', '/b'), own]), 'web-shop');
    assert.equal(decideAppName(project('web', '/a/shop'), [own]), 'web-shop');
  });

  it('follows when the project is called something else, even if its old name began the same', () => {
    assert.equal(decideAppName(project('web', '/a/shop'), [project('web-old', '/a/shop')]), 'web');
  });
});

const name = fc
  .tuple(fc.constantFrom(...'abw'), fc.string({unit: fc.constantFrom(...'ab0-'), maxLength: 62}))
  .map(parts => parts.join('').replace(/-+$/, ''));
const folder = fc.string({unit: fc.constantFrom(...'aB0-_. é/'), minLength: 1, maxLength: 90}).map(text => `/${text}`);
const anyProject = fc.record({name, directory: folder, configFile: fc.constant(null)});

describe('a name decided for any project', () => {
  it('is valid, stable, and never that of another project', () => {
    fc.assert(
      fc.property(anyProject, fc.array(anyProject, {maxLength: 4}), fc.boolean(), (own, others, isContested) => {
        const rival = {...own, directory: '/somewhere/else'};
        const registered = isContested ? [...others, rival] : others;
        const decided = decideAppName(own, registered);
        assert.ok(isAppName(decided), decided);
        assert.ok(registered.every(other => other.name !== decided || other.directory === own.directory));
        assert.equal(decideAppName(own, [...registered, {...own, name: decided}]), decided);
        assert.equal(decideAppName(own, registered), decided);
      }),
      {seed: 5, numRuns: 3_000},
    );
  });
});
