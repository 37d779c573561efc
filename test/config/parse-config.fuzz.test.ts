import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {parseConfig} from '../../src/config/parse-config.js';
import {renderProblem} from '../../src/config/problem.js';
import {parseSettings} from '../../src/config/settings.js';
import {runs} from '../helpers/soak.js';

const VALID = `name = "shop"
runtime = "node@24"
dev = ["npm", "run", "dev"]
assets = ["public"]
ready_timeout = "30s"
[vars]
LEVEL = "info"
SINCE = 1979-05-27T07:32:00Z
[vars.production]
LEVEL = 'warn'
[envs.production]
routes = ["shop.example.com", "*.shop.example.com/api/*"]
storages = {uploads = "media"}
[envs.development]
idle_timeout = "never"
[storages.media]
bucket = "b"
endpoint = "https://s3.example.com"
region = "auto"
[workflows.mail]
workers = 1_000
[[build_stages]]
run = """
make
"""
`;

type Edit = {readonly at: number; readonly remove: number; readonly insert: string};

const FRAGMENTS = [
  '[',
  ']',
  '[[',
  '{',
  '}',
  '"',
  "'",
  '"""',
  '=',
  '.',
  ',',
  '\n',
  '#',
  '\\',
  '\0',
  '__proto__',
  'envs',
  '-1',
  '1e9',
  'inf',
  '0x',
  'ü',
  '\uD800',
];

const edit: fc.Arbitrary<Edit> = fc.record({
  at: fc.nat(VALID.length),
  remove: fc.nat(20),
  insert: fc.oneof(fc.constantFrom(...FRAGMENTS), fc.string({unit: 'binary', maxLength: 8})),
});

const mutated = fc
  .array(edit, {minLength: 1, maxLength: 4})
  .map(edits =>
    edits.reduce((text, {at, remove, insert}) => text.slice(0, at) + insert + text.slice(at + remove), VALID),
  );

const anything = fc.oneof(
  mutated,
  fc.string({unit: 'binary', maxLength: 200}),
  fc.uint8Array({maxLength: 200}).map(bytes => Buffer.from(bytes).toString('utf8')),
  fc.array(fc.constantFrom(...FRAGMENTS), {maxLength: 40}).map(parts => parts.join('')),
);

describe('any text at all', () => {
  it('is parsed or answered with problems that have a place in it', () => {
    fc.assert(
      fc.property(anything, text => {
        const parsed = parseConfig(text, 'tako.toml');
        const lines = text.split('\n').length;
        for (const problem of parsed.ok ? parsed.warnings : parsed.problems) {
          assert.ok(problem.line >= 1 && problem.line <= lines && problem.column >= 1, renderProblem(problem));
          assert.equal(renderProblem(problem).includes('\n'), false);
        }
        assert.equal(parsed.ok || parsed.problems.length > 0, true);
      }),
      {seed: 3, numRuns: runs(5_000)},
    );
  });

  it('is answered as settings too', () => {
    fc.assert(
      fc.property(anything, text => {
        parseSettings(text, 'settings.toml');
      }),
      {seed: 4, numRuns: runs(1_000)},
    );
  });

  it('is never a throw for any value under any key of the schema', () => {
    const keys = [
      'name',
      'runtime',
      'dev',
      'build',
      'build_stages',
      'images',
      'workflows',
      'vars',
      'envs',
      'storages',
      'servers',
    ];
    const value = fc.constantFrom(
      '1',
      '"x"',
      'true',
      '[]',
      '[1]',
      '[{}]',
      '{}',
      '{a = 1}',
      '{a = {b = {}}}',
      '1979-05-27',
      'nan',
      '99999999999999999',
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.constantFrom(...keys)), fc.array(value), (names, values) => {
        const text = names.map((name, index) => `${name} = ${values[index] ?? '{}'}`).join('\n');
        parseConfig(text, 'tako.toml');
      }),
      {seed: 5, numRuns: runs(2_000)},
    );
  });
});
