import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it, vi} from 'vitest';
import {createDevFeed, type DevFeed} from '../../src/ui/dev-feed.js';
import {FRAME_MS, MAX_FRAME_LINES} from '../../src/ui/feed.js';
import type {Effect} from '../../src/ui/screen/effects.js';
import {logEvent, READY, STARTING, statusEvent} from './fake-session.js';

const createFeed = (perform: (effect: Effect, feed: DevFeed) => void = () => {}): DevFeed => {
  const feed = createDevFeed({
    apps: ['hello'],
    size: {columns: 80, rows: 24},
    perform: effect => perform(effect, feed),
  });
  return feed;
};

describe('the dev feed', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('tells of any number of events once per frame', () => {
    const feed = createFeed();
    const listener = vi.fn();
    feed.subscribe(listener);
    for (const status of [STARTING, READY, STARTING, READY]) feed.push(statusEvent(status));
    assert.equal(listener.mock.calls.length, 0);
    vi.advanceTimersByTime(FRAME_MS);
    assert.equal(listener.mock.calls.length, 1);
    assert.equal(feed.view().apps.statuses.get('hello'), READY);
    vi.advanceTimersByTime(10 * FRAME_MS);
    assert.equal(listener.mock.calls.length, 1);
  });

  it('keeps the last lines of a flood and says how many it skipped', () => {
    const feed = createFeed();
    for (let line = 1; line <= 100_000; line++) feed.push(logEvent(`line ${line}`));
    const [said, ...lines] = feed.takeLines();
    assert.equal(said?.text, '… 98,000 lines skipped');
    assert.equal(lines.length, MAX_FRAME_LINES);
    assert.equal(lines.at(-1)?.text, 'line 100000');
    assert.deepEqual(feed.takeLines(), []);
  });

  it('gives the view what is kept of the log with each frame', () => {
    const feed = createFeed();
    feed.push(logEvent('one'));
    feed.push(logEvent('two'));
    assert.equal(feed.view().reading.blocks.length, 0);
    vi.advanceTimersByTime(FRAME_MS);
    assert.deepEqual(
      feed.view().reading.blocks.map(({entries}) => entries[0].text),
      ['one', 'two'],
    );
  });

  it('shows what has happened at once when it is asked to', () => {
    const feed = createFeed();
    const listener = vi.fn();
    feed.subscribe(listener);
    feed.push({type: 'key', key: 'f'});
    feed.flush();
    assert.equal(listener.mock.calls.length, 1);
    assert.equal(feed.view().layout.screen, 'dashboard');
  });

  it('does what a key asks for once the key is through, and hears what comes of it', () => {
    const feed = createFeed((effect, feed) => feed.push({type: 'said', text: `done: ${effect.type}`}));
    feed.push({type: 'key', key: 'b'});
    assert.equal(feed.view().flash?.text, 'done: leave');
  });

  it('shows the last frame at once when it is closed', () => {
    const feed = createFeed();
    const listener = vi.fn();
    feed.subscribe(listener);
    feed.push(logEvent('last words'));
    feed.close();
    assert.equal(listener.mock.calls.length, 1);
    assert.equal(vi.getTimerCount(), 0);
  });
});
