import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  afterEjection,
  afterReport,
  CLEAN,
  DEFAULT_EJECTION,
  mayEjectAnother,
  type Outcome,
  type Standing,
} from '../../../src/proxy/load-balancing/ejection.js';

const report = (standing: Standing, outcome: Outcome, now: number, mayEject = true): Standing =>
  afterReport(standing, outcome, {now, mayEject}, DEFAULT_EJECTION);

/** `'--+'`: two failures and a success, all at one time. */
const reportAll = (standing: Standing, outcomes: string, now: number, mayEject = true): Standing =>
  [...outcomes].reduce((last, one) => report(last, one === '+' ? 'success' : 'failure', now, mayEject), standing);

const eject = (standing: Standing, now: number): {readonly standing: Standing; readonly ms: number} => {
  const ejected = reportAll(standing, '-----', now);
  assert.equal(ejected.state, 'ejected');
  return {standing: ejected, ms: ejected.state === 'ejected' ? ejected.until - now : 0};
};

describe('passive ejection', () => {
  it('follows on five failures in a row, not on four', () => {
    assert.equal(reportAll(CLEAN, '----', 0).state, 'admitted');
    assert.equal(reportAll(CLEAN, '-----', 0).state, 'ejected');
  });

  it('begins to count anew after a success', () => {
    assert.equal(reportAll(CLEAN, '----+----', 0).state, 'admitted');
    assert.equal(reportAll(CLEAN, '----+-----', 0).state, 'ejected');
  });

  it('waits until there is room for it', () => {
    const crowded = reportAll(CLEAN, '-------', 0, false);
    assert.equal(crowded.state, 'admitted');
    assert.equal(report(crowded, 'failure', 0).state, 'ejected');
  });

  it('lasts ten seconds to the millisecond', () => {
    const {standing} = eject(CLEAN, 1_000);
    assert.equal(afterEjection(standing, 10_999).state, 'ejected');
    assert.deepEqual(afterEjection(standing, 11_000), {state: 'admitted', failures: 0, ejections: 1, since: 11_000});
  });

  it('is not changed by requests sent before it', () => {
    const {standing} = eject(CLEAN, 0);
    assert.equal(report(standing, 'failure', 5), standing);
    assert.equal(report(standing, 'success', 5), standing);
  });

  it('grows by ten seconds each time, up to five minutes', () => {
    let standing: Standing = CLEAN;
    let now = 0;
    const lengths: number[] = [];
    for (let round = 0; round < 33; round++) {
      const ejected = eject(standing, now);
      lengths.push(ejected.ms);
      now += ejected.ms;
      standing = afterEjection(ejected.standing, now);
    }
    assert.deepEqual(lengths.slice(0, 3), [10_000, 20_000, 30_000]);
    assert.deepEqual(lengths.slice(28), [290_000, 300_000, 300_000, 300_000, 300_000]);
  });

  it('becomes shorter again by what the backend did well for', () => {
    const third: Standing = {state: 'admitted', failures: 0, ejections: 3, since: 0};
    assert.equal(eject(third, 9_999).ms, 40_000);
    assert.equal(eject(third, 10_000).ms, 30_000);
    assert.equal(eject(third, 1_000_000).ms, 10_000);
  });

  it('forgets ejections beyond the limit as fast as the others', () => {
    const many: Standing = {state: 'admitted', failures: 0, ejections: 1_000, since: 0};
    assert.equal(eject(many, 300_000).ms, 10_000);
  });

  it.each([
    [0, 1, false],
    [0, 2, true],
    [1, 2, false],
    [0, 3, true],
    [1, 3, false],
    [1, 4, true],
    [2, 5, false],
  ])('with %i of %i backends ejected may take another: %s', (ejected, total, mayEject) => {
    assert.equal(mayEjectAnother(ejected, total, DEFAULT_EJECTION), mayEject);
  });
});
