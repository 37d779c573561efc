import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {LogEntry} from '../../../src/ui/log/log-entry.js';
import {createLogPrinter} from '../../../src/ui/log/log-printer.js';
import type {LogView} from '../../../src/ui/log/log-view.js';
import {entry, view} from './log-support.js';

const SEVERAL = {apps: ['web', 'api']};

/** Prints frame after frame, `now` in milliseconds since the first. */
function createFrames(options: Partial<LogView> = {}) {
  const printer = createLogPrinter();
  return (now: number, entries: readonly LogEntry[], isLast = false) =>
    printer.print(entries, view(options), {now, isLast});
}

describe('the log in the scrollback', () => {
  it('has its lines at once', () => {
    const frame = createFrames();
    assert.deepEqual(frame(0, [entry('one'), entry('two')]), {lines: ['  one', '  two'], isWaiting: false});
  });

  it('has a trace in one piece, whoever speaks in between', () => {
    const frame = createFrames(SEVERAL);
    const first = frame(0, [entry('Error: no'), entry('meanwhile', {app: 'api'})]);
    assert.deepEqual(first, {lines: ['api │ meanwhile'], isWaiting: true});
    assert.deepEqual(frame(33, [entry('    at x'), entry('again', {app: 'api'})]).lines, ['api │ again']);
    const {lines, isWaiting} = frame(66, [entry('next')]);
    assert.deepEqual(lines, ['web │ Error: no', 'web │     at x', 'web │ next']);
    assert.equal(isWaiting, false);
  });

  it('holds nothing back for long', () => {
    const frame = createFrames();
    assert.deepEqual(frame(0, [entry('Error: no')]).lines, []);
    assert.deepEqual(frame(50, []).lines, []);
    assert.deepEqual(frame(100, []), {lines: ['  Error: no'], isWaiting: false});
    assert.deepEqual(frame(133, [entry('    at x')], true).lines, ['      at x']);
  });

  it('says what went wrong before tako says what came of it', () => {
    const {lines} = createFrames()(0, [entry('Error: no'), entry('web exited with code 1', {source: 'tako'})]);
    assert.deepEqual(lines, ['  Error: no', '◆ web exited with code 1']);
  });

  it('says once what is said again and again, and how often when it ends', () => {
    const frame = createFrames();
    assert.deepEqual(frame(0, [entry('poll'), entry('poll')]), {lines: ['  poll'], isWaiting: true});
    assert.deepEqual(frame(33, [entry('poll'), entry('other')]), {
      lines: ['◆ last line ×3', '  other'],
      isWaiting: false,
    });
  });

  it('says at most once a second that it goes on', () => {
    const frame = createFrames();
    const lines: string[] = [];
    for (let now = 0; now <= 3_000; now += 10) lines.push(...frame(now, [entry('poll')]).lines);
    assert.deepEqual(lines, ['  poll', '◆ last line ×101', '◆ last line ×201', '◆ last line ×301']);
  });

  it('repeats a line that was said twice', () => {
    assert.deepEqual(createFrames()(0, [entry('poll'), entry('poll'), entry('other')]).lines, [
      '  poll',
      '  poll',
      '  other',
    ]);
  });

  it('counts nothing where all is wanted', () => {
    const frame = createFrames({collapseRepeats: false});
    assert.deepEqual(frame(0, Array(3).fill(entry('poll'))), {
      lines: ['  poll', '  poll', '  poll'],
      isWaiting: false,
    });
  });

  it('has only what the view shows', () => {
    assert.deepEqual(createFrames({focused: 'api'})(0, [entry('one'), entry('two', {app: 'api'})]).lines, ['  two']);
  });

  it('ends with all that was held', () => {
    const {lines, isWaiting} = createFrames()(
      0,
      [entry('poll'), entry('poll'), entry('poll'), entry('Error: no')],
      true,
    );
    assert.deepEqual(lines, ['  poll', '◆ last line ×3', '  Error: no']);
    assert.equal(isWaiting, false);
  });
});
