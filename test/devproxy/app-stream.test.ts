import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {AppEvent, AppStatus} from '../../src/control/events.js';
import {type StreamOptions, streamApp} from '../../src/devproxy/app-stream.js';
import {createLogBuffer, type LogLimits} from '../../src/supervisor/log-buffer.js';
import type {LogQuery} from '../../src/supervisor/log-files/log-reader.js';
import type {LogRecord} from '../../src/supervisor/log-files/log-record.js';
import {systemClock} from '../../src/system/clock.js';
import {createRandom} from '../helpers/random.js';
import {createReader, settle} from './stream-reader.js';

/** One app, as far as a stream looks at it. */
function createApp(limits?: LogLimits, older: readonly LogRecord[] = []) {
  const buffer = createLogBuffer(systemClock, limits, (older.at(-1)?.id ?? 0) + 1);
  const listeners = new Set<() => void>();
  const state = {isRegistered: true, status: {name: 'web', state: 'stopped'} as AppStatus};
  const change = (next: Partial<typeof state>): void => {
    Object.assign(state, next);
    for (const listener of listeners) listener();
  };
  return {
    say: (...texts: string[]) => texts.forEach(text => void buffer.append('stdout', text)),
    setState: (word: AppStatus['state']) => change({status: {...state.status, state: word}}),
    touch: () => change({}),
    remove: () => change({isRegistered: false}),
    listeners,
    has: () => state.isRegistered,
    status: () => state.status,
    logs: () => buffer,
    async *read(_: string, {after = 0}: LogQuery = {}) {
      yield* older.filter(({id}) => id > after);
    },
    subscribe(_: string, listener: () => void) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

const FOLLOW: StreamOptions = {name: 'web', after: 0};
const textsOf = (events: readonly AppEvent[]): string[] =>
  events.flatMap(event => (event.type === 'log' ? [event.line.text] : []));

describe('a stream that follows', () => {
  it('sends what comes later, and the end when the app is removed', async () => {
    const app = createApp();
    const {events, fast} = createReader<AppEvent>();
    app.say('before');
    const streaming = streamApp({apps: app, logs: app}, FOLLOW, fast());
    await settle();
    app.say('after');
    await settle();
    app.remove();
    await streaming;
    assert.deepEqual(textsOf(events), ['before', 'after']);
    assert.deepEqual(events.at(-1), {type: 'removed', app: 'web'});
    assert.equal(app.listeners.size, 0);
  });

  it('is over when its client leaves, and listens to nothing any more', async () => {
    const app = createApp();
    const {leave, fast} = createReader<AppEvent>();
    const streaming = streamApp({apps: app, logs: app}, FOLLOW, fast());
    await settle();
    leave();
    await streaming;
    assert.equal(app.listeners.size, 0);
  });

  it('sends the status at first, and again only when it is another', async () => {
    const app = createApp();
    const {events, leave, fast} = createReader<AppEvent>();
    const streaming = streamApp({apps: app, logs: app}, FOLLOW, fast());
    await settle();
    for (const act of [app.touch, () => app.say('x'), () => app.setState('ready'), app.touch]) {
      act();
      await settle();
    }
    leave();
    await streaming;
    const states = events.flatMap(event => (event.type === 'status' ? [event.status.state] : []));
    assert.deepEqual(states, ['stopped', 'ready']);
  });

  it('sends every line once and in order, whatever the rhythm of app and reader', async () => {
    const random = createRandom(12);
    const app = createApp();
    const reader = createReader<AppEvent>();
    const streaming = streamApp({apps: app, logs: app}, FOLLOW, reader.context);
    let said = 0;
    for (let round = 0; round < 300; round++) {
      for (let count = random.below(4); count > 0; count--) app.say(String(++said));
      if (random.below(2) === 0) await settle();
      else if (said > textsOf(reader.events).length) await reader.read();
    }
    app.say(String(++said));
    while (textsOf(reader.events).length < said) await reader.read();
    reader.leave();
    reader.read();
    await streaming;
    assert.deepEqual(
      textsOf(reader.events),
      Array.from({length: said}, (_, index) => String(index + 1)),
    );
  });

  it('counts the lines that were dropped before a slow reader came to them', async () => {
    const app = createApp({maxLines: 3, maxBytes: 1_000});
    const reader = createReader<AppEvent>();
    app.say('1');
    const streaming = streamApp({apps: app, logs: app}, FOLLOW, reader.context);
    await reader.until(() => textsOf(reader.events).length === 1);
    app.say('2', '3', '4', '5', '6', '7');
    await reader.read();
    assert.deepEqual(reader.events[2], {type: 'skipped', app: 'web', count: 3});
    assert.deepEqual(textsOf(reader.events), ['1', '5', '6', '7']);
    reader.leave();
    reader.read();
    await streaming;
  });

  const OLDER: readonly LogRecord[] = [7, 8, 9].map(id => ({id, time: 1, stream: 'stdout', text: `old ${id}`}));

  it.each([
    ['had some of it', 8, ['old 9', 'new']],
    ['had all of it', 9, ['new']],
    ['had none', 0, ['new']],
    ['knows another log', 500, ['new']],
  ])('sends a terminal what it missed while there was no daemon: one that %s', async (_who, after, texts) => {
    const app = createApp(undefined, OLDER);
    const {events, leave, fast} = createReader<AppEvent>();
    app.say('new');
    const streaming = streamApp({apps: app, logs: app}, {...FOLLOW, after}, fast());
    await settle();
    leave();
    await streaming;
    assert.deepEqual(textsOf(events), texts);
    assert.deepEqual(
      events.filter(({type}) => type === 'skipped'),
      [],
    );
  });
});
