import assert from 'node:assert/strict';
import {mkdirSync, realpathSync, symlinkSync} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import type {Manifest, ManifestEntry, ReleaseRuntime} from '../../../src/prod/releases/manifest.js';
import {manifestBytes, releaseId} from '../../../src/prod/releases/manifest-bytes.js';
import {findManifestProblems, MAX_MANIFEST_BYTES, parseManifest} from '../../../src/prod/releases/parse-manifest.js';
import {sha256Of} from '../../../src/prod/releases/sha256.js';
import {TakoError} from '../../../src/system/error.js';
import {fileEntry, manifestOf, PROCESS, temporaryFolder} from './support.js';

const parseText = (text: string): Manifest => parseManifest(Buffer.from(text));

/** The problems with which a manifest is refused. */
function problemsOf(input: string | Manifest | Record<string, unknown>): readonly string[] {
  try {
    parseText(typeof input === 'string' ? input : manifestBytes(input as Manifest).toString());
  } catch (error) {
    assert.ok(error instanceof TakoError && error.code === 'MANIFEST_INVALID', String(error));
    return error.details;
  }
  return [];
}

const link = (name: string, target: string): ManifestEntry => ({path: name, link: target});
const withFiles = (...files: ManifestEntry[]): readonly string[] => problemsOf(manifestOf(files));

const FULL = manifestOf(
  [
    fileEntry('apps/web/server.js', 'listen()'),
    fileEntry('apps/web/start.sh', '#!/bin/sh', true),
    link('apps/web/node_modules/ui', '../../../packages/ui'),
    fileEntry('packages/ui/index.js', ''),
    fileEntry('public/ünï "x"\n.txt', 'x'),
  ],
  {
    directory: 'apps/web',
    assets: {
      folders: ['public', '.'],
      mounts: [{folder: 'built/static', at: '/_built/static'}],
      fallback: 'index.html',
    },
    settings: {scale: 2, keepReleases: 3, assetsWindowMs: 0},
    routes: ['shop.example.com', '*.shop.example.com/api/*'],
    variables: {B: '2', A: 'ä', 9: 'nine', __proto__x: ''},
    releaseCommand: 'node migrate.js',
    commit: {sha: 'abcdef1', message: 'fix: "it"', isDirty: true},
    process: {...PROCESS, port: 3000, idleTimeoutMs: null, health: {type: 'http', path: '/health?x=1'}},
  },
);

describe('a manifest', () => {
  it('comes back from its bytes as it was', () => {
    assert.deepEqual(parseManifest(manifestBytes(FULL)), FULL);
  });

  it('has the same bytes and id in whatever order it was written', () => {
    const turned = Object.fromEntries(Object.entries(FULL).reverse()) as Manifest;
    const bytes = manifestBytes({
      ...turned,
      files: FULL.files.toReversed(),
      variables: {A: 'ä', 9: 'nine', __proto__x: '', B: '2'},
    });
    assert.deepEqual(bytes, manifestBytes(FULL));
    assert.equal(releaseId(bytes), sha256Of(bytes).slice(0, 12));
  });

  it('has another id when a file, a variable, the command or a route is another', () => {
    const others: Partial<Manifest>[] = [
      {files: []},
      {variables: {A: 'b'}},
      {process: {...PROCESS, command: ['node', 'other.js']}},
      {routes: ['other.example.com']},
    ];
    const ids = [{}, ...others].map(other => releaseId(manifestBytes({...FULL, ...other})));
    assert.equal(new Set(ids).size, ids.length);
  });

  it('is refused in any but its canonical form', () => {
    const text = manifestBytes(FULL).toString();
    const other = ['is not in its one canonical form'];
    assert.deepEqual(problemsOf(` ${text}`), other);
    assert.deepEqual(problemsOf(text.replace('"app":"shop"', '"app":"shop","app":"shop"')), other);
    assert.deepEqual(problemsOf(text.replace('"shop"', '"sh\\u006fp"')), other);
  });

  it('is refused when it is not JSON in UTF-8', () => {
    for (const text of ['', '{', '[1', '\ufeff{}']) assert.match(problemsOf(text)[0] ?? '', /is not JSON/);
    const bytes = manifestBytes(FULL);
    bytes[bytes.indexOf('fix')] = 0xff;
    assert.throws(() => parseManifest(bytes), {code: 'MANIFEST_INVALID'});
    for (const text of ['null', '[]', '1', '"x"', '{}']) assert.ok(problemsOf(text).length > 0, text);
  });

  it('is refused when it is too large, before it is read', () => {
    assert.throws(() => parseManifest(Buffer.alloc(MAX_MANIFEST_BYTES + 1, '{')), {
      details: [`is larger than ${MAX_MANIFEST_BYTES} bytes`],
    });
  });

  it('is refused with every problem at once', () => {
    const problems = problemsOf({
      ...FULL,
      format: 2,
      app: '../shop',
      environment: 'a/b',
      ssl: 'none',
      surprise: 1,
      routes: ['https://x', 'nothing/'],
      process: {
        ...PROCESS,
        command: [''],
        runtime: {name: 'node', version: '../../x', file: null},
        port: 0,
        health: {type: 'ping'},
        healthTimings: {...PROCESS.healthTimings, intervalMs: 0, retries: 3},
      },
      files: [{path: '/etc/passwd', sha256: 'x', size: -1, isExecutable: 1}],
    });
    const places = problems.map(problem => problem.split(/:/)[0]);
    assert.deepEqual(places.toSorted(), [
      'app',
      'environment',
      'files[0].isExecutable',
      'files[0].path',
      'files[0].sha256',
      'files[0].size',
      'format',
      'process.command',
      'process.health.type',
      'process.healthTimings.intervalMs',
      'process.healthTimings.retries',
      'process.port',
      'process.runtime.version',
      'routes[0]',
      'ssl',
      'surprise',
    ]);
  });

  it('shows the first hundred of very many problems', () => {
    const files = Array.from({length: 1_000}, () => ({path: '../x', link: 'y'}));
    const problems = problemsOf(manifestOf(files));
    assert.deepEqual([problems.length, problems.at(-1)], [101, 'and 900 more']);
  });

  it('has at least one route, each once, however it is written', () => {
    assert.match(problemsOf({...FULL, routes: []})[0] ?? '', /routes: .*at least one/);
    assert.match(problemsOf({...FULL, routes: ['a.example.com', 'A.example.com/']})[0] ?? '', /twice/);
  });

  it('starts its process in a folder that is there', () => {
    assert.match(problemsOf({...FULL, directory: 'apps/api'})[0] ?? '', /no file in "apps\/api"/);
    assert.deepEqual(problemsOf({...FULL, directory: 'apps/api', process: null}), []);
  });

  it('has the program it is run by among its files, unless that is the Node of the server', () => {
    const problemsWith = (runtime: ReleaseRuntime, isExecutable = true): readonly string[] => {
      const program = {path: '.tako/runtime/bun', sha256: sha256Of(''), size: 0, isExecutable};
      return problemsOf({...FULL, files: [...FULL.files, program], process: {...PROCESS, runtime}});
    };
    const bun = {name: 'bun', version: '1.2.0', file: '.tako/runtime/bun'} as const;
    assert.deepEqual(problemsWith(bun), []);
    assert.deepEqual(problemsWith({name: 'node', version: '22.1.0', file: null}), []);
    assert.match(problemsWith({...bun, file: null})[0] ?? '', /^process\.runtime\.file: .*a Node of their own only/);
    assert.match(problemsWith({...bun, file: '../bun'})[0] ?? '', /^process\.runtime\.file: expected a path/);
    assert.match(problemsWith({...bun, file: 'elsewhere'})[0] ?? '', /there is no program "elsewhere"/);
    assert.match(problemsWith(bun, false)[0] ?? '', /there is no program/);
  });

  it('keeps its folders and its fallback inside', () => {
    for (const place of ['..', '/srv', 'a/../..', '', 'a//b']) {
      assert.equal(
        problemsOf({
          ...FULL,
          directory: place,
          assets: {folders: [place], mounts: [{folder: place, at: '/x'}], fallback: place},
        }).length,
        4,
        place,
      );
    }
  });
});

describe('the files of a manifest', () => {
  it('have paths that mean one place inside the release', () => {
    const bad = [
      '',
      '/a',
      'a/',
      'a//b',
      '.',
      '..',
      './a',
      'a/.',
      'a/../b',
      '../a',
      'a\0b',
      'a\\b',
      '\\\\x\\y',
      '\ud800',
      'x'.repeat(256),
      `${'a/'.repeat(100)}b`,
    ];
    for (const name of bad) assert.equal(problemsOf(manifestOf([fileEntry(name, '')])).length, 1, JSON.stringify(name));
    const good = ['...', '.env', 'a b', 'ä'.repeat(127), '-', 'C:', '~', '$(x)', 'a\nb', '%2e%2e'];
    for (const name of good) assert.deepEqual(withFiles(fileEntry(name, '')), [], JSON.stringify(name));
  });

  it('are sorted, and none is there twice', () => {
    const [a, b] = [fileEntry('a', ''), fileEntry('b', '')];
    const raw = (files: readonly ManifestEntry[]): readonly string[] =>
      findManifestProblems({...FULL, files, directory: '.'});
    assert.deepEqual(raw([b, a]), ['"a": is not in its place: paths are sorted']);
    assert.deepEqual(raw([a, a]), ['"a": is there twice']);
  });

  it('do not go through a file or a link', () => {
    const below = fileEntry('lib/x/y.js', '');
    assert.deepEqual(withFiles(fileEntry('lib', ''), below), ['"lib": another path goes through it']);
    assert.deepEqual(withFiles(link('lib/x', '../other'), below), ['"lib/x": another path goes through it']);
    assert.deepEqual(withFiles(fileEntry('lib/x-y', ''), fileEntry('lib.js', ''), below), []);
  });

  it('have sizes that can be counted, and one size for one content', () => {
    const file = {path: 'a', sha256: sha256Of('a'), size: 1, isExecutable: false};
    for (const size of [-1, 0.5, 2 ** 53, '1', null])
      assert.equal(problemsOf({...manifestOf([]), files: [{...file, size}]}).length, 1);
    assert.equal(withFiles(file, {...file, path: 'b', size: 2}).length, 1);
    const huge = Number.MAX_SAFE_INTEGER;
    assert.deepEqual(withFiles({...file, size: huge}, {...file, path: 'b', sha256: sha256Of('b'), size: huge}), [
      'files: too many bytes together',
    ]);
  });

  it('are at most 200,000', () => {
    const files = Array.from({length: 200_001}, (_, index) => ({path: `${index}`, link: 'x'}));
    assert.deepEqual(findManifestProblems({...FULL, files}), ['files: 200001 entries, at most 200000 are allowed']);
  });

  it('have links that stay inside, also through other links', () => {
    const inside = [
      link('a/b', '../c'),
      link('c', 'd/./e//f'),
      link('x', '.'),
      link('y', 'x/a'),
      link('z', 'gone/../w'),
    ];
    assert.deepEqual(withFiles(...inside), []);
    for (const target of ['..', '../..', '/etc', 'a/../../b', './../x', '']) {
      assert.equal(problemsOf(manifestOf([link('top', target)])).length, 1, target);
    }
    // Through a link to a folder further up, one `..` is enough.
    assert.deepEqual(withFiles(link('a/b/c', '../..'), link('a/b/d', 'c/../x')), [
      '"a/b/d": the link leads out of the release',
    ]);
    assert.deepEqual(withFiles(link('a', 'b'), link('b', 'a')).length, 2);
    assert.match(withFiles(link('a', 'a/x'))[0] ?? '', /circle/);
  });

  it('are judged as the kernel judges: no link that is let through leads out', () => {
    const names = fc.constantFrom('a', 'b', 'c', 'd');
    const place = fc.array(names, {minLength: 1, maxLength: 3}).map(parts => parts.join('/'));
    const target = fc.array(fc.oneof(names, fc.constant('..'), fc.constant('.')), {minLength: 1, maxLength: 5});
    const links = fc.array(
      fc.tuple(
        place,
        target.map(parts => parts.join('/')),
      ),
      {maxLength: 6},
    );
    const outer = temporaryFolder();
    let [run, judged] = [0, 0];
    fc.assert(
      fc.property(links, pairs => {
        const entries = [...new Map(pairs)].map(([name, to]) => link(name, to));
        if (findManifestProblems(manifestOf(entries)).length > 0) return;
        const root = path.join(outer, String(run++), 'root');
        // So that what lies outside exists and would be found.
        for (const folder of ['', 'a', 'b', 'c', 'd'])
          mkdirSync(path.join(path.dirname(root), folder), {recursive: true});
        mkdirSync(root);
        for (const entry of entries) {
          mkdirSync(path.dirname(path.join(root, entry.path)), {recursive: true});
          if ('link' in entry) symlinkSync(entry.link, path.join(root, entry.path));
        }
        for (const {path: name} of entries) {
          const end = endOf(path.join(root, name));
          if (end === undefined) continue;
          judged += 1;
          assert.ok(end === realpathSync(root) || end.startsWith(`${realpathSync(root)}/`), end);
        }
      }),
      {seed: 5, numRuns: 2_000},
    );
    assert.ok(judged > 300, `only ${judged} links led anywhere`);
  });
});

function endOf(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

describe('any bytes', () => {
  it('are read as a manifest or refused with MANIFEST_INVALID', () => {
    const text = manifestBytes(FULL).toString();
    const cut = fc.tuple(fc.nat(text.length), fc.nat(20), fc.string({unit: 'binary', maxLength: 8}));
    const damaged = cut.map(([start, count, other]) => text.slice(0, start) + other + text.slice(start + count));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.json(), fc.string()), input => void problemsOf(input)),
      {seed: 7, numRuns: 3_000},
    );
  });

  it('are read as a manifest or refused when any value in it is another', () => {
    const keys = Object.keys(FULL) as (keyof Manifest)[];
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('../x', '\0', -1, 2 ** 60, [], {}, null));
    fc.assert(
      fc.property(fc.constantFrom(...keys), value, (key, other) => {
        const input = {...FULL, [key]: other};
        const problems = findManifestProblems(input);
        if (problems.length === 0) assert.deepEqual(parseManifest(manifestBytes(input as Manifest)), input);
      }),
      {seed: 11, numRuns: 3_000},
    );
  });

  it('of a hostile depth are refused and cost little', () => {
    assert.ok(problemsOf('['.repeat(1_000_000)).length > 0);
    const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
    assert.ok(problemsOf(`{"variables":${deep}}`).length > 0);
  });
});
