import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {setTomlText} from '../../src/config/edit-toml.js';
import {parseToml} from '../../src/config/toml.js';

const ROUTE = ['envs', 'production', 'route'] as const;

describe('setTomlText', () => {
  it.each([
    ['a value', 'name = "a" # mine\n', ['name'], 'name = "b" # mine\n'],
    ['a literal string', "name = 'a'\r\nport = 1\r\n", ['name'], 'name = "b"\r\nport = 1\r\n'],
    [
      'a value in a table',
      '[envs.production] # live\nroute="a"\n# end',
      ROUTE,
      '[envs.production] # live\nroute="b"\n# end',
    ],
    ['a value in an inline table', 'envs = {production = {route = "a"}}', ROUTE, 'envs = {production = {route = "b"}}'],
    ['a value of a dotted key', 'envs.production.route = "a"\n', ROUTE, 'envs.production.route = "b"\n'],
    ['a value under a part of its path', '[envs]\nproduction.route = "a"', ROUTE, '[envs]\nproduction.route = "b"'],
  ])('replaces %s and nothing else', (_, before, path, after) => {
    assert.equal(setTomlText(before, path, 'b'), after);
  });

  it.each([
    ['an empty file', '', ['name'], 'name = "b"\n'],
    ['a file of comments', '# hello\n', ['name'], 'name = "b"\n# hello\n'],
    [
      'a table above all others',
      'port = 1 # one\n\n[vars]\nA = "1"\n',
      ['name'],
      'port = 1 # one\nname = "b"\n\n[vars]\nA = "1"\n',
    ],
    [
      'a table',
      '[envs.production]\n  ssl = "off" # why\n\n[vars]\n',
      ROUTE,
      '[envs.production]\n  ssl = "off" # why\n  route = "b"\n\n[vars]\n',
    ],
    [
      'a table without a key',
      '[envs.production] # live\n[vars]\n',
      ROUTE,
      '[envs.production] # live\nroute = "b"\n[vars]\n',
    ],
    ['a file without that table', 'name = "a"', ROUTE, 'name = "a"\n\n[envs.production]\nroute = "b"\n'],
    [
      'a file with another environment',
      '[envs.staging]\r\nroute = "a"\r\n',
      ROUTE,
      '[envs.staging]\r\nroute = "a"\r\n\r\n[envs.production]\r\nroute = "b"\r\n',
    ],
  ])('adds a line to %s', (_, before, path, after) => {
    assert.equal(setTomlText(before, path, 'b'), after);
  });

  it('keeps a byte order mark in front', () => {
    assert.equal(setTomlText('\uFEFFname = "a"\n', ['name'], 'b'), '\uFEFFname = "b"\n');
  });

  it.each([
    ['what is no TOML', 'name = ', ['name']],
    ['a table that is written in one line', 'envs = {production = {ssl = "off"}}\n', ROUTE],
    ['a path that leads through a value', 'envs = 1\n', ROUTE],
  ])('has no answer for %s', (_, before, path) => {
    assert.equal(setTomlText(before, path, 'b'), undefined);
  });

  it('changes one value of any file, whatever is around it', () => {
    const key = fc.constantFrom('a', 'name', 'route', '"odd key"', 'b-c');
    const value = fc.constantFrom('1', '"x"', "'''\nlong\n'''", '[1, # one\n 2]', '1979-05-27', '{x = 1}', 'nan');
    const line = fc.oneof(
      fc.tuple(key, value, fc.constantFrom('', ' # why')).map(([name, text, remark]) => `${name} = ${text}${remark}`),
      fc.constantFrom('# remark', '', '[envs]', '[envs.production]', '[[list]]', '[vars]', '[envs.production.more]'),
    );
    const file = fc
      .tuple(fc.array(line, {maxLength: 12}), fc.constantFrom('\n', '\r\n'))
      .map(([lines, end]) => lines.join(end));
    let edited = 0;
    fc.assert(
      fc.property(file, fc.constantFrom(['name'], ROUTE, ['vars', 'A']), fc.string(), (before, path, text) => {
        const after = setTomlText(before, path, text);
        if (after === undefined) return;
        edited++;
        assert.deepEqual(valueAt(after, path), text);
        const replaced = valueAt(before, path);
        if (replaced === undefined) assert.equal(goneFrom(before, after), '');
        else if (replaced === 'x') assert.equal(setTomlText(after, path, 'x'), before);
      }),
      {seed: 8, numRuns: 1_000},
    );
    assert.ok(edited > 100, `only ${edited} of the files could be edited`);
  });
});

function valueAt(text: string, path: readonly string[]): unknown {
  const parsed = parseToml(text);
  assert.ok(parsed.ok, text);
  return path.reduce<unknown>(
    (value, key) => (value as Record<string, unknown> | undefined)?.[key],
    parsed.document.value,
  );
}

/** What the first has and the second does not, between what they begin and end with alike. */
function goneFrom(before: string, after: string): string {
  let start = 0;
  while (start < before.length && before[start] === after[start]) start++;
  let end = 0;
  while (end < before.length - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  return before.slice(start, before.length - end);
}
