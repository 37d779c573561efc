import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {compareVersions, readVersion} from '../../src/system/version.js';

// Oldest first; the pre-releases are the example of semver.org, section 11.
const IN_ORDER = [
  '0.0.1',
  '0.1.0',
  '0.9.10',
  '0.10.9',
  '1.0.0-alpha',
  '1.0.0-alpha.1',
  '1.0.0-alpha.beta',
  '1.0.0-beta',
  '1.0.0-beta.2',
  '1.0.0-beta.11',
  '1.0.0-rc.1',
  '1.0.0',
  '1.0.1',
  '2.0.0',
  '10.0.0',
];

const number = fc.nat({max: 20}).map(String);
const word = fc.string({unit: fc.constantFrom(...'01aZ-'), minLength: 1, maxLength: 3});
const part = fc.oneof(
  number,
  word.filter(text => /^(?:0|[1-9]\d*|\d*[a-z-].*)$/i.test(text)),
);
const version = fc
  .tuple(fc.tuple(number, number, number), fc.array(part, {maxLength: 3}))
  .map(([core, pre]) => core.join('.') + (pre.length > 0 ? `-${pre.join('.')}` : ''));

const OPTIONS = {seed: 8, numRuns: 3_000};

describe('comparing versions', () => {
  it('knows the order of releases and pre-releases', () => {
    for (const [i, a] of IN_ORDER.entries()) {
      for (const [j, b] of IN_ORDER.entries()) {
        assert.equal(Math.sign(compareVersions(a, b)), Math.sign(i - j), `${a} and ${b}`);
      }
    }
  });

  it('takes a number for older than a word', () => {
    assert.ok(compareVersions('1.0.0-2', '1.0.0-1a') < 0);
  });

  it('does not look at the build', () => {
    assert.equal(compareVersions('1.0.0+a-b', '1.0.0'), 0);
  });

  it('says the opposite when asked the other way round', () => {
    fc.assert(
      fc.property(version, version, (a, b) => {
        assert.equal(Math.sign(compareVersions(a, b)) + Math.sign(compareVersions(b, a)), 0);
        assert.equal(compareVersions(a, b) === 0, a === b);
      }),
      OPTIONS,
    );
  });

  it('never goes in circles', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        const [first = '', second = '', third = ''] = [a, b, c].sort(compareVersions);
        assert.ok(compareVersions(first, second) <= 0 && compareVersions(second, third) <= 0);
        assert.ok(compareVersions(first, third) <= 0);
      }),
      OPTIONS,
    );
  });
});

describe('the version of this package', () => {
  it('is that of its package.json', () => {
    const file = path.resolve(import.meta.dirname, '../../package.json');
    assert.equal(readVersion(), JSON.parse(readFileSync(file, 'utf8')).version);
  });
});
