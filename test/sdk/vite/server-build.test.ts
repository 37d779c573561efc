import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {ENTRY_FILE, makeEntry} from '../../../src/sdk/vite/server-build.js';
import type {Bundle} from '../../../src/sdk/vite/vite-types.js';

const chunk = (name: string, exports: string[], isEntry = true): Bundle[string] => ({
  type: 'chunk',
  fileName: `${name}.js`,
  name,
  isEntry,
  exports,
});

/** What a build with these files is given, and told. */
function made(files: readonly Bundle[string][], {ssr = true, consumer}: {ssr?: boolean; consumer?: string} = {}) {
  const emitted: {fileName: string; source: string}[] = [];
  const warnings: string[] = [];
  const bundle = Object.fromEntries(files.map((file, index) => [String(index), file]));
  const environment = consumer === undefined ? {} : {environment: {name: 'x', config: {consumer, build: {outDir: ''}}}};
  const build = {
    ...environment,
    emitFile: (file: (typeof emitted)[number]) => emitted.push(file),
    warn: (text: string) => warnings.push(text),
  };
  makeEntry(build, bundle, {root: '/', base: '/', build: {outDir: 'dist', ssr}});
  return {entry: emitted[0]?.source, names: emitted.map(({fileName}) => fileName), warnings};
}

describe('the entry of a build for the server', () => {
  it('is for the only file that can serve', () => {
    const {entry, names} = made([
      chunk('entry-server', ['default']),
      chunk('shared', ['fetch'], false),
      {type: 'asset'},
    ]);
    assert.deepEqual(names, [ENTRY_FILE]);
    assert.match(entry ?? '', /"\.\/entry-server\.js"/);
  });

  it('is for the one with a name of servers where there are several', () => {
    const {entry} = made([chunk('worker', ['default']), chunk('server', ['fetch']), chunk('admin', ['default'])]);
    assert.match(entry ?? '', /"\.\/server\.js"/);
  });

  it('is not made where that would be a guess, and that is said', () => {
    const {names, warnings} = made([chunk('one', ['default']), chunk('two', ['default'])]);
    assert.deepEqual(names, []);
    assert.match(warnings.join(), /one\.js, two\.js/);
  });

  it('is not made of what exports nothing to serve', () => {
    assert.deepEqual(made([chunk('render', ['render'])]).names, []);
  });

  it.each([
    [{ssr: false}, []],
    [{ssr: false, consumer: 'client'}, []],
    [{ssr: false, consumer: 'server'}, [ENTRY_FILE]],
    [{ssr: true, consumer: 'client'}, []],
  ])('is for servers only: %j', (environment, names) => {
    assert.deepEqual(made([chunk('index', ['default'])], environment).names, names);
  });
});
