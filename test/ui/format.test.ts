import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {formatBytes, formatClock, formatCount, formatDuration} from '../../src/ui/format.js';
import {MORNING} from './fake-session.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

describe('a duration', () => {
  const cases: readonly [number, string][] = [
    [0, '0s'],
    [999, '0s'],
    [12 * SECOND_MS, '12s'],
    [4 * MINUTE_MS + 12 * SECOND_MS, '4m 12s'],
    [59 * MINUTE_MS + 59 * SECOND_MS, '59m 59s'],
    [3 * HOUR_MS + 5 * MINUTE_MS, '3h 5m'],
    [52 * HOUR_MS, '2d 4h'],
  ];
  it.each(cases)('of %d ms reads %s', (ms, text) => assert.equal(formatDuration(ms), text));

  it('is none when the clocks of two processes differ', () => {
    assert.equal(formatDuration(-5_000), '0s');
  });
});

describe('a number of bytes', () => {
  const cases: readonly [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [999_960, '1.0 MB'],
    [48_200_000, '48.2 MB'],
    [2_500_000_000, '2.5 GB'],
    [7e15, '7000.0 TB'],
  ];
  it.each(cases)('as %d reads %s', (bytes, text) => assert.equal(formatBytes(bytes), text));
});

it('shows the time of day in local time, two digits each', () => {
  assert.equal(formatClock(MORNING), '09:05:07');
});

it('groups the digits of large counts', () => {
  assert.equal(formatCount(1_234_567), '1,234,567');
});
