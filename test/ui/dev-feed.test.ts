import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import {createDevFeed} from '../../src/ui/dev-feed.js';
import {FRAME_MS, MAX_FRAME_LINES} from '../../src/ui/feed.js';
import {logEvent, READY, STARTING, statusEvent} from './fake-session.js';

describe('the dev feed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells of any number of events once per frame', () => {
    const feed = createDevFeed();
    const listener = vi.fn();
    feed.subscribe(listener);
    for (const status of [STARTING, READY, STARTING, READY]) feed.push(statusEvent(status));
    assert.equal(listener.mock.calls.length, 0);
    vi.advanceTimersByTime(FRAME_MS);
    assert.equal(listener.mock.calls.length, 1);
    assert.equal(feed.view().statuses.get('hello'), READY);
    vi.advanceTimersByTime(10 * FRAME_MS);
    assert.equal(listener.mock.calls.length, 1);
  });

  it('keeps the last lines of a flood and says how many it skipped', () => {
    const feed = createDevFeed();
    for (let line = 1; line <= 100_000; line++) feed.push(logEvent(`line ${line}`));
    const [said, ...lines] = feed.takeLines();
    assert.equal(said?.text, '… 98,000 lines skipped');
    assert.equal(lines.length, MAX_FRAME_LINES);
    assert.equal(lines.at(-1)?.text, 'line 100000');
    assert.deepEqual(feed.takeLines(), []);
  });

  it('shows the last frame at once when it is closed', () => {
    const feed = createDevFeed();
    const listener = vi.fn();
    feed.subscribe(listener);
    feed.push(logEvent('last words'));
    feed.close();
    assert.equal(listener.mock.calls.length, 1);
    assert.equal(vi.getTimerCount(), 0);
  });
});
