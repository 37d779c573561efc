import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {expiryOf, parseExpiry} from '../../src/secrets/expiry.js';
import {hasCode} from './support.js';

const NOW = Date.parse('2030-06-15T12:00:00Z');

describe('the day on which a secret expires', () => {
  it.each([
    ['2031-01-31', '2031-01-31'],
    ['in 1 day', '2030-06-16'],
    ['In 90 Days', '2030-09-13'],
    ['never', null],
    ['none', null],
    ['', null],
  ])('is read from %j', (text, expected) => {
    assert.equal(parseExpiry(text, NOW), expected);
  });

  it.each(['2031-02-31', '31.01.2031', 'tomorrow', 'in 90', 'in x days', 'in 999999 days'])(
    'is not read from %j',
    text => {
      assert.throws(() => parseExpiry(text, NOW), hasCode('EXPIRY_INVALID'));
    },
  );

  it.each([
    [null, 'never'],
    ['2030-06-15', 'expired'],
    ['2030-06-16', 'soon'],
    ['2030-07-15', 'soon'],
    ['2030-07-16', 'later'],
  ])('%s is %s', (day, expected) => {
    assert.equal(expiryOf(day, NOW), expected);
  });
});
