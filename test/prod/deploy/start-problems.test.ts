import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {ReleaseFile} from '../../../src/prod/deploy/release-files.js';
import {assertStartExists} from '../../../src/prod/deploy/start-problems.js';

const file = (path: string): ReleaseFile => ({
  ...{type: 'file', path, source: `/${path}`, isExecutable: false, size: 1, mtimeMs: 0, ino: 1},
});
const link = (path: string, target: string): ReleaseFile => ({type: 'link', path, link: target});

const starts = (name: string, ...files: readonly ReleaseFile[]): void =>
  assertStartExists(['node', name], 'apps/web', files);

describe('what a release starts', () => {
  it('is one of its files, named as Node would complete it', () => {
    starts('server.js', file('apps/web/server.js'));
    starts('server', file('apps/web/server.cjs'));
    assert.throws(() => starts('server.js', file('server.js')), {code: 'START_NOT_FOUND'});
  });

  it('may be in a package that is a link, as pnpm and workspaces have them', () => {
    const program = 'node_modules/tako.sh/dist/sdk/entrypoints/node-server.mjs';
    starts(
      program,
      link('apps/web/node_modules', '../../node_modules'),
      link('node_modules/tako.sh', '.pnpm/tako.sh@1/node_modules/tako.sh'),
      file('node_modules/.pnpm/tako.sh@1/node_modules/tako.sh/dist/sdk/entrypoints/node-server.mjs'),
    );
    assert.throws(() => starts(program, link('apps/web/node_modules', 'node_modules')), {code: 'START_NOT_FOUND'});
    assert.throws(() => starts('a/b', link('apps/web/a', '../../../outside')), {code: 'START_NOT_FOUND'});
  });
});
