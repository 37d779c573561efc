import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {renewalTime} from '../../../src/prod/certificates/renewal-time.js';
import {parseRetryAfter, retryTime} from '../../../src/prod/certificates/retry-time.js';

const DAY_MS = 24 * 60 * 60_000;
const START = Date.parse('2026-11-21T12:00:00Z');

describe('the time for a renewal', () => {
  it.each([90, 47, 6])('of %i days is after two thirds of them, or up to a thirtieth earlier', days => {
    const validity = {notBefore: START, notAfter: START + days * DAY_MS};
    assert.equal(renewalTime(validity, undefined, 0), START + (days * DAY_MS * 2) / 3);
    const earliest = renewalTime(validity, undefined, 0.999_999);
    assert.ok(earliest > START + (days * DAY_MS * 19) / 30 - 1 && earliest < START + (days * DAY_MS * 2) / 3);
  });

  it('is somewhere in the window of a CA that names one', () => {
    const validity = {notBefore: START, notAfter: START + 90 * DAY_MS};
    const window = {start: START + DAY_MS, end: START + 3 * DAY_MS};
    assert.equal(renewalTime(validity, window, 0), window.start);
    assert.equal(renewalTime(validity, window, 0.5), START + 2 * DAY_MS);
  });
});

describe('the time for another try', () => {
  it('is later each time, and no more than half a day away', () => {
    const pauses = [1, 2, 3, 4, 8, 9, 50].map(
      failures => (retryTime(START, {failures, retryAfter: undefined}, 0.5) - START) / 60_000,
    );
    assert.deepEqual(pauses, [5, 10, 20, 40, 640, 720, 720]);
  });

  it('allows a name no more than five tries in an hour, which is what Let’s Encrypt does', () => {
    let now = START;
    let tries = 0;
    while (now < START + 60 * 60_000) {
      tries += 1;
      now = retryTime(now, {failures: tries, retryAfter: undefined}, 0);
    }
    assert.ok(tries <= 5, String(tries));
  });

  it('is not before the CA allows it', () => {
    const retryAfter = START + 3 * DAY_MS;
    assert.equal(retryTime(START, {failures: 1, retryAfter}, 0.5), retryAfter);
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', START + 120_000],
    ['Sat, 21 Nov 2026 13:00:00 GMT', START + 3_600_000],
    ['soon', undefined],
    ['', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    [undefined, undefined],
  ])('of %s', (value, expected) => {
    assert.equal(parseRetryAfter(value, START), expected);
  });
});
