import assert from 'node:assert/strict';
import path from 'node:path';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {findFallbackName, sanitizeName} from '../../src/config/project-name.js';
import {isAppName} from '../../src/config/value.js';
import {temporaryFolder} from './support.js';

async function nameOf(packageJson: string, folder = 'My_Shop'): Promise<string> {
  const root = await temporaryFolder({[`${folder}/package.json`]: packageJson});
  return findFallbackName(path.join(root, folder));
}

describe('findFallbackName', () => {
  it('is the name of the package, without its scope', async () => {
    assert.equal(await nameOf('{"name": "web"}'), 'web');
    assert.equal(await nameOf('{"name": "@acme/web.site"}'), 'web-site');
  });

  it('is the name of the folder when the package gives none', async () => {
    for (const packageJson of ['{}', '{"name": 5}', '{"name": "123"}', 'not json', '[]', 'null']) {
      assert.equal(await nameOf(packageJson), 'my-shop', packageJson);
    }
  });

  it('is app when nothing is left of the folder either', async () => {
    assert.equal(await nameOf('{}', '2024'), 'app');
  });
});

describe('sanitizeName', () => {
  it('keeps what can be in a host', () => {
    assert.equal(sanitizeName('My Shop__v2.-beta-'), 'myshop-v2-beta');
    assert.equal(sanitizeName('9-lives'), 'lives');
  });

  it('makes a valid name of any text, or none at all', () => {
    fc.assert(
      fc.property(fc.string({unit: 'binary', maxLength: 200}), text => {
        const name = sanitizeName(text);
        assert.ok(name === '' || isAppName(name), name);
      }),
      {seed: 6, numRuns: 1_000},
    );
  });

  it('cuts at 63 characters and leaves no hyphen there', () => {
    assert.equal(sanitizeName(`${'a'.repeat(62)}-b`), 'a'.repeat(62));
  });
});
