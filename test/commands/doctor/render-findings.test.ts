import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {broken, fine, warning} from '../../../src/commands/doctor/finding.js';
import {renderFindings, renderReport} from '../../../src/commands/doctor/render-findings.js';
import {createStyle, NO_COLOURS} from '../../../src/ui/style.js';

const CURL = warning('client-curl', 'curl does not trust it', 'tako trust');
const NODE = fine('client-node', 'node does');
const GIT = warning('client-git', 'git does not trust it', 'tako trust');
const DISK = broken('disk', 'it is full\nreally', 'make room');

describe('what doctor prints', () => {
  it('is a line for each finding, aligned, with what some have in common said once', () => {
    assert.deepEqual(renderFindings([CURL, NODE, GIT, DISK], NO_COLOURS), [
      'warning  client-curl  curl does not trust it',
      'warning  client-git   git does not trust it',
      `         why: ${CURL.why}`,
      '         fix: tako trust',
      'ok       client-node  node does',
      'error    disk         it is full\n           really',
      `         why: ${DISK.why}`,
      '         fix: make room',
    ]);
  });

  it('says why something matters once, whatever the fix', () => {
    const other = {...GIT, fix: 'another'};
    assert.equal(renderFindings([CURL, other], NO_COLOURS).filter(line => /why:/.test(line)).length, 1);
  });

  it('ends with a sum, and what to do next where something is wrong', () => {
    const last = (...findings: Parameters<typeof renderReport>[0]) =>
      renderReport(findings, NO_COLOURS, 'go on').split('\n').at(-1);
    assert.equal(last(NODE), 'nothing is wrong: 1 thing was tried');
    assert.equal(last(CURL, NODE, GIT, DISK), '1 error, 2 warnings, 1 ok; go on');
    assert.equal(last(CURL), '1 warning, 0 ok; go on');
  });

  it('has colours only where the style has', () => {
    assert.match(renderFindings([DISK], createStyle({isColour: true})).join(''), /\x1B\[31merror/);
    assert.doesNotMatch(renderFindings([DISK], NO_COLOURS).join(''), /\x1B/);
  });
});
