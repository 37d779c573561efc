import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {newestIn, parseVersionRange} from '../../../src/prod/deploy/version-range.js';

const VERSIONS = [
  '18.20.8',
  '20.0.0',
  '20.19.5',
  '22.1.0',
  '22.23.3',
  '24.0.0',
  '24.21.0',
  '0.12.1',
  '0.12.18',
  '0.0.3',
];

/** The versions that the range has, in the order above. */
function versionsIn(range: string): readonly string[] {
  const isWanted = parseVersionRange(range);
  assert.ok(isWanted, range);
  return VERSIONS.filter(isWanted);
}

describe('a range of versions', () => {
  it.each([
    ['22', ['22.1.0', '22.23.3']],
    ['22.x', ['22.1.0', '22.23.3']],
    ['v22.1', ['22.1.0']],
    ['22.1.0', ['22.1.0']],
    ['=22.1.0', ['22.1.0']],
    ['>=22.2', ['22.23.3', '24.0.0', '24.21.0']],
    ['>22', ['24.0.0', '24.21.0']],
    ['>22.1.0', ['22.23.3', '24.0.0', '24.21.0']],
    ['>=20 <23', ['20.0.0', '20.19.5', '22.1.0', '22.23.3']],
    ['>= 20   < 22', ['20.0.0', '20.19.5']],
    ['<=20', ['18.20.8', '20.0.0', '20.19.5', '0.12.1', '0.12.18', '0.0.3']],
    ['<=20.0.0', ['18.20.8', '20.0.0', '0.12.1', '0.12.18', '0.0.3']],
    ['^22.2', ['22.23.3']],
    ['^0.12.2', ['0.12.18']],
    ['^0.0.3', ['0.0.3']],
    ['^0', ['0.12.1', '0.12.18', '0.0.3']],
    ['~24.0', ['24.0.0']],
    ['~24', ['24.0.0', '24.21.0']],
    ['18 || ^22.2 || 24.0.x', ['18.20.8', '22.23.3', '24.0.0']],
    ['18 - 20', ['18.20.8', '20.0.0', '20.19.5']],
    ['20.0.1 - 22.1.0', ['20.19.5', '22.1.0']],
    ['*', VERSIONS],
    ['', VERSIONS],
    ['x', VERSIONS],
    ['>24 <22', []],
  ])('%j has what package.json means by it', (range, versions) => {
    assert.deepEqual(versionsIn(range), versions);
  });

  it.each(['lts', 'latest', '22.1.0-rc.1', '1.2.3.4', '>', '22 ||| 20', '22,20', '>=twenty', '1 - 2 - 3'])(
    '%j is none',
    text => assert.equal(parseVersionRange(text), undefined),
  );

  it('has no versions before a release', () => {
    assert.equal(parseVersionRange('*')?.('25.0.0-nightly.1'), false);
  });

  it('gives the newest, by numbers and not by letters', () => {
    const isWanted = parseVersionRange('>=9') ?? assert.fail();
    assert.equal(newestIn(['9.0.0', '10.2.0', '10.10.0', '10.9.1', '11.0.0-rc.1'], isWanted), '10.10.0');
    assert.equal(newestIn(['8.0.0'], isWanted), undefined);
  });
});
