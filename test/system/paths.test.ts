import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, it} from 'vitest';
import {resolvePaths} from '../../src/system/paths.js';

const HOME = '/home/me';

describe('where tako keeps things', () => {
  it('is one folder where TAKO_HOME says so', () => {
    const paths = {config: '/t', data: '/t', cache: '/t/cache'};
    for (const platform of ['linux', 'darwin'] as const) {
      assert.deepEqual(resolvePaths({TAKO_HOME: '/t', XDG_DATA_HOME: '/x'}, platform, HOME), paths);
    }
  });

  it('is an absolute folder also where TAKO_HOME is relative', () => {
    assert.equal(resolvePaths({TAKO_HOME: 'here'}, 'linux', HOME).data, path.resolve('here'));
  });

  it('is in the home folder on Linux, and an empty variable is none', () => {
    const paths = {
      config: '/home/me/.config/tako',
      data: '/home/me/.local/share/tako',
      cache: '/home/me/.cache/tako',
    };
    assert.deepEqual(resolvePaths({}, 'linux', HOME), paths);
    assert.deepEqual(resolvePaths({TAKO_HOME: '', XDG_CONFIG_HOME: ''}, 'linux', HOME), paths);
  });

  it('is where the XDG variables say, unless they are relative', () => {
    const environment = {XDG_CONFIG_HOME: '/c', XDG_DATA_HOME: 'relative', XDG_CACHE_HOME: '/k'};
    assert.deepEqual(resolvePaths(environment, 'linux', HOME), {
      config: '/c/tako',
      data: '/home/me/.local/share/tako',
      cache: '/k/tako',
    });
  });

  it('is in the Library on macOS', () => {
    const support = '/home/me/Library/Application Support/tako';
    assert.deepEqual(resolvePaths({XDG_DATA_HOME: '/x'}, 'darwin', HOME), {
      config: support,
      data: support,
      cache: '/home/me/Library/Caches/tako',
    });
  });
});
