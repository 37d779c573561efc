import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import type {ExchangeSummary} from '../../src/control/exchanges.js';
import type {DaemonEvent, EventsQuery} from '../../src/control/protocol.js';
import {streamEvents} from '../../src/devproxy/event-stream.js';
import {createLogBuffer, type LogBuffer, type LogLimits} from '../../src/supervisor/log-buffer.js';
import {systemClock} from '../../src/system/clock.js';
import {createReader, settle} from './stream-reader.js';

/** Apps that come and go, as far as a stream looks at them. */
function createApps(limits?: LogLimits) {
  const apps = new Map<string, {state: AppStatus['state']; readonly logs: LogBuffer}>();
  const watchers = new Set<(name: string) => void>();
  const find = (name: string) => apps.get(name) ?? assert.fail(`there is no ${name}`);
  const tell = (name: string): void => {
    for (const listener of watchers) listener(name);
  };
  return {
    watchers,
    add(name: string) {
      apps.set(name, {state: 'stopped', logs: createLogBuffer(systemClock, limits)});
      tell(name);
    },
    setState(name: string, state: AppStatus['state']) {
      find(name).state = state;
      tell(name);
    },
    say: (name: string, ...texts: string[]) => texts.forEach(text => void find(name).logs.append('stdout', text)),
    remove(name: string) {
      apps.delete(name);
      tell(name);
    },
    has: (name: string) => apps.has(name),
    registrations: () => [...apps.keys()].map(name => ({name})),
    status: (name: string) => ({name, state: find(name).state}) as AppStatus,
    logs: (name: string) => find(name).logs,
    watch(listener: (name: string) => void) {
      watchers.add(listener);
      return () => watchers.delete(listener);
    },
  };
}

/** As short as it can be told. */
function inWords(event: DaemonEvent): string {
  switch (event.type) {
    case 'status':
      return `${event.status.name} ${event.status.state}`;
    case 'log':
      return `${event.app}: ${event.line.text}`;
    case 'skipped':
      return `${event.app} skipped ${event.count}`;
    case 'removed':
      return `${event.app} removed`;
    default:
      return event.type;
  }
}

const NO_REQUESTS = {list: () => [], subscribe: () => () => undefined};
const NO_RECORDS = {read: async function* () {}};
const ALL: EventsQuery = {after: {}, since: 0};

/** Streams to a client that always keeps up. */
function stream(apps: ReturnType<typeof createApps>, query: EventsQuery = ALL) {
  const {events, leave, fast} = createReader<DaemonEvent>();
  const over = streamEvents({apps, logs: NO_RECORDS, inspector: NO_REQUESTS}, query, fast());
  return {
    words: () => events.map(inWords),
    async end() {
      leave();
      await over;
    },
  };
}

describe('a stream of all events', () => {
  it('begins with every app, and has those that come later', async () => {
    const apps = createApps();
    apps.add('web');
    const {words, end} = stream(apps);
    await settle();
    apps.add('api');
    await settle();
    apps.say('api', 'hello');
    apps.setState('web', 'ready');
    await settle();
    await end();
    assert.deepEqual(words(), ['web stopped', 'api stopped', 'api: hello', 'web ready']);
    assert.equal(apps.watchers.size, 0);
  });

  it('has the last words of an app that is removed, and all of one that takes its name', async () => {
    const apps = createApps();
    apps.add('web');
    const {words, end} = stream(apps);
    await settle();
    apps.say('web', 'bye');
    apps.remove('web');
    await settle();
    apps.add('web');
    await settle();
    await end();
    assert.deepEqual(words(), ['web stopped', 'web: bye', 'web removed', 'web stopped']);
  });

  it('tells one app from another that took its name while the client was slow', async () => {
    const apps = createApps();
    const reader = createReader<DaemonEvent>();
    apps.add('web');
    const over = streamEvents({apps, logs: NO_RECORDS, inspector: NO_REQUESTS}, ALL, reader.context);
    await reader.until(() => reader.events.length === 1);
    apps.remove('web');
    apps.add('web');
    await reader.read();
    await reader.read();
    assert.deepEqual(reader.events.map(inWords), ['web stopped', 'web removed', 'web stopped']);
    reader.leave();
    reader.read();
    await over;
  });

  it('counts what was dropped before a slow client came to it', async () => {
    const apps = createApps({maxLines: 2, maxBytes: 1_000});
    const reader = createReader<DaemonEvent>();
    apps.add('web');
    apps.say('web', '1');
    const over = streamEvents({apps, logs: NO_RECORDS, inspector: NO_REQUESTS}, ALL, reader.context);
    await reader.until(() => reader.events.length === 2);
    apps.say('web', '2', '3', '4', '5');
    await reader.read();
    assert.deepEqual(reader.events.map(inWords), ['web stopped', 'web: 1', 'web skipped 2', 'web: 4', 'web: 5']);
    reader.leave();
    reader.read();
    await over;
  });

  it('has only the apps and the types that are asked for', async () => {
    const apps = createApps();
    for (const name of ['web', 'api']) apps.add(name);
    const logs = stream(apps, {...ALL, types: ['log']});
    const web = stream(apps, {...ALL, apps: ['web', 'later'], types: ['status']});
    await settle();
    for (const name of ['web', 'api']) apps.say(name, 'hello');
    apps.add('later');
    apps.remove('api');
    apps.remove('web');
    await settle();
    await Promise.all([logs.end(), web.end()]);
    assert.deepEqual(logs.words(), ['web: hello', 'api: hello']);
    assert.deepEqual(web.words(), ['web stopped', 'later stopped', 'web removed']);
  });

  it('has requests that began since it is asked for, of the apps that are asked for', async () => {
    const exchange = (id: number, app: string, time: number) => ({id, app, time}) as ExchangeSummary;
    const listeners = new Set<(exchange: ExchangeSummary) => void>();
    const inspector = {
      list: ({app}: {app?: string}) => [exchange(1, 'web', 10), exchange(2, 'web', 20)].filter(one => one.app === app),
      subscribe(listener: (exchange: ExchangeSummary) => void) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const {events, leave, fast} = createReader<DaemonEvent>();
    const query: EventsQuery = {after: {}, since: 20, apps: ['web', 'api'], types: ['request']};
    const over = streamEvents({apps: createApps(), logs: NO_RECORDS, inspector}, query, fast());
    await settle();
    for (const listener of listeners) listener(exchange(3, 'api', 30));
    for (const listener of listeners) listener(exchange(4, 'other', 40));
    await settle();
    leave();
    await over;
    const ids = events.map(event => event.type === 'request' && event.exchange.id);
    assert.deepEqual([ids, listeners.size], [[2, 3], 0]);
  });

  it('goes on after the lines that are known, and leaves out what was said before', async () => {
    const apps = createApps();
    for (const name of ['web', 'api']) {
      apps.add(name);
      apps.say(name, 'one', 'two');
    }
    const {words, end} = stream(apps, {after: {web: 1}, since: Date.now() + 60_000, types: ['log']});
    await settle();
    await end();
    assert.deepEqual(words(), ['web: two']);
  });
});
