import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {matchesPath, parsePathPatterns} from '../../src/config/path-pattern.js';
import {createRandom} from './support.js';

const matches = (pattern: string, path: string): boolean =>
  parsePathPatterns(pattern).some(parsed => matchesPath(parsed, path.split('/')));

describe('patterns of paths', () => {
  it.each([
    ['packages/*', 'packages/a', true],
    ['packages/*', 'packages/a/b', false],
    ['./packages/*/', 'packages/a', true],
    ['packages/**', 'packages', true],
    ['packages/**', 'packages/a/b/c', true],
    ['**/test/**', 'a/test', true],
    ['**/test/**', 'a/test/b', true],
    ['**/test/**', 'a/tests', false],
    ['{apps,tools/x}/*', 'apps/a', true],
    ['{apps,tools/x}/*', 'tools/x/a', true],
    ['{apps,tools/x}/*', 'tools/a', false],
    ['app-?', 'app-1', true],
    ['app-[0-9]', 'app-7', true],
    ['app-[!0-9]', 'app-7', false],
    ['a.b', 'axb', false],
    ['*', '.hidden', false],
    ['.*', '.hidden', true],
    ['../x', 'x', false],
    ['[z-a]', 'b', false],
    ['[', '[', true],
  ] as const)('%s and %s: %s', (pattern, path, expected) => {
    assert.equal(matches(pattern, path), expected);
  });

  it('mean what one expression over the whole path means', () => {
    const random = createRandom(20_261_121);
    const word = (letters: string, max: number): string =>
      Array.from({length: 1 + random(max)}, () => letters.charAt(random(letters.length))).join('');
    const join = (segment: () => string): string => Array.from({length: 1 + random(4)}, segment).join('/');
    let hits = 0;
    for (let round = 0; round < 20_000; round++) {
      const pattern = join(() => (random(5) === 0 ? '**' : word('ab*?', 3).replace(/\*+/g, '*')));
      const path = join(() => word('ab', 3));
      const expected = oracle(pattern).test(`/${path}`);
      assert.equal(matches(pattern, path), expected, `${pattern} ${path}`);
      if (expected) hits++;
    }
    assert.ok(hits > 1000, `only ${hits} matches`);
  });

  it('are read and matched whatever they hold', () => {
    const random = createRandom(7);
    const noise = (): string => Array.from({length: random(20)}, () => '{},*?[]!^-\\./ab'.charAt(random(15))).join('');
    for (let round = 0; round < 5_000; round++) assert.equal(typeof matches(noise(), noise()), 'boolean');
  });
});

/** Each segment with the slash in front of it. */
function oracle(pattern: string): RegExp {
  const parts = pattern.split('/').map(segment => {
    if (segment === '**') return '(?:/[^/]+)*';
    return `/${segment.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}`;
  });
  return new RegExp(`^${parts.join('')}$`);
}
