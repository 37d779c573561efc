// What every state looks like, made of events alone. The screens are in the folder `screens`, to be looked at; `vitest -u`
// writes them anew.

import assert from 'node:assert/strict';
import path from 'node:path';
import {describe, expect, it} from 'vitest';
import type {AppStatus} from '../../../src/control/events.js';
import type {ScreenEvent} from '../../../src/ui/screen/screen-event.js';
import {
  detailOf,
  exchangeOf,
  FAILED,
  LAN,
  logEvent,
  MORNING,
  READY,
  STARTING,
  statusEvent,
  TRAFFIC,
} from '../fake-session.js';
import {type ScreenSetting, screenOf, type TestScreen} from './screen-of.js';

const SIZES = {
  small: {columns: 40, rows: 15},
  usual: {columns: 80, rows: 24},
  large: {columns: 200, rows: 50},
} as const;

/** Compares with the kept screen of that name; no row is wider than the terminal, and none is missing or too many. */
async function looksAs(name: string, screen: TestScreen): Promise<void> {
  const text = screen.text();
  const {size, screen: kind} = screen.state().layout;
  const rows = text.split('\n');
  for (const row of rows) assert.ok(row.length <= size.columns, `${row.length} columns: ${row}`);
  assert.ok(rows.length <= (kind === 'strip' ? size.rows - 1 : size.rows), `${rows.length} rows`);
  const file = path.join(import.meta.dirname, 'screens', `${name}.txt`);
  await expect(`${rows.map(row => row.trimEnd()).join('\n')}\n`).toMatchFileSnapshot(file);
}

const named = (name: string, status: Partial<AppStatus> = {}): AppStatus => ({
  ...READY,
  url: `https://${name}.test`,
  urls: [`https://${name}.test`],
  ...status,
  name,
});

const BUSY: AppStatus = {...READY, traffic: TRAFFIC, restarts: 1};

const LOG: readonly ScreenEvent[] = [
  logEvent('listening on http://localhost:4000'),
  ...Array.from({length: 30}, (_, line) => logEvent(`GET /products/${line} 200`)),
  logEvent('Error: no database', 'stderr'),
  logEvent('    at connect (db.js:3:7)', 'stderr'),
  logEvent('    at Server.listen (server.js:9:1)', 'stderr'),
  ...Array.from({length: 5}, (_, line) => logEvent(`GET /cart/${line} 200`)),
];

const REQUESTS: readonly ScreenEvent[] = [
  exchangeOf({id: 1, url: 'https://hello.test/'}),
  exchangeOf({id: 2, url: 'https://hello.test/style.css', contentType: 'text/css'}),
  exchangeOf({id: 3, method: 'POST', url: 'https://hello.test/webhooks/stripe?attempt=2', status: 500}),
  exchangeOf({id: 4, url: 'https://hello.test/live', status: 101, outcome: 'tunnelled', upgrade: 'websocket'}),
  exchangeOf({
    id: 5,
    url: 'https://hello.test/slow',
    status: null,
    outcome: null,
    timing: {queueMs: 0, coldStartMs: null, firstByteMs: null, totalMs: null},
  }),
].map(exchange => ({type: 'request', exchange}));

const DETAIL = detailOf(
  exchangeOf({id: 3, method: 'POST', url: 'https://hello.test/webhooks/stripe?attempt=2', status: 500}),
  {
    request: {
      fields: [
        ['host', 'hello.test'],
        ['content-type', 'application/json'],
        ['stripe-signature', '***'],
      ],
      body: {encoding: 'utf8', data: '{"type":"charge.failed","amount":1200}', bytes: 38, isTruncated: false},
    },
    response: {
      reason: 'Internal Server Error',
      fields: [['content-type', 'text/plain']],
      body: {encoding: 'utf8', data: 'no database', bytes: 11, isTruncated: false},
    },
  },
);

const withEvents = (setting: ScreenSetting, ...events: readonly ScreenEvent[]): TestScreen => {
  const screen = screenOf(setting);
  screen.push(...events);
  return screen;
};

const TWELVE = Array.from({length: 12}, (_, place) => `app-${place + 1}`);
const SEVERAL: readonly ScreenEvent[] = [
  statusEvent(named('web', {traffic: TRAFFIC})),
  statusEvent(named('api', {pid: 4712, restarts: 3})),
  statusEvent(named('mail', {state: 'stopped', pid: null, startedAt: null, memoryBytes: null})),
];

describe('the strip', () => {
  it('before anything is known', () => looksAs('strip-waiting', screenOf()));

  it('of an app that starts', () => looksAs('strip-starting', withEvents({}, statusEvent(STARTING))));

  it('of an app that is ready', () => looksAs('strip-ready', withEvents({}, statusEvent(BUSY))));

  it('of an app that restarts', () =>
    looksAs('strip-restarting', withEvents({}, statusEvent({...BUSY, state: 'restarting'}))));

  it('of an app that crashed and starts again', () =>
    looksAs(
      'strip-backing-off',
      withEvents(
        {},
        statusEvent({...FAILED, state: 'backing-off', problem: null, exit: {code: null, signal: 'SIGSEGV'}}),
      ),
    ));

  it('of an app that did not start', () => looksAs('strip-crashed', withEvents({}, statusEvent(FAILED))));

  it('with what is to know at the start', () =>
    looksAs('strip-notes', withEvents({notes: ['port 443 is taken: addresses have a port']}, statusEvent(READY))));

  it('of several apps', () => looksAs('strip-several', withEvents({apps: ['web', 'api', 'mail']}, ...SEVERAL)));

  it('of twelve apps', () =>
    looksAs(
      'strip-twelve',
      withEvents(
        {apps: TWELVE},
        ...TWELVE.slice(0, 10).map(name => statusEvent(named(name))),
        statusEvent({...FAILED, name: 'app-11', url: 'https://app-11.test', urls: ['https://app-11.test']}),
      ),
    ));

  it('of long names', () =>
    looksAs(
      'strip-long-names',
      withEvents(
        {apps: ['the-storefront-of-the-whole-company', 'api']},
        statusEvent(named('the-storefront-of-the-whole-company')),
        statusEvent(named('api')),
      ),
    ));

  it('while the app is open to the network', () =>
    looksAs('strip-lan', withEvents({}, statusEvent({...BUSY, lan: LAN}))));

  it('while the network is away', () => {
    const problem = {code: 'LAN_NO_NETWORK', message: 'this machine is in no network', hint: null, details: []};
    return looksAs('strip-lan-problem', withEvents({}, statusEvent({...BUSY, lan: {...LAN, problem}})));
  });

  it('while the log is held', () => {
    const screen = withEvents({}, statusEvent(BUSY), logEvent('seen'));
    screen.press('p');
    screen.push(logEvent('held'), logEvent('held too'));
    return looksAs('strip-paused', screen);
  });

  it('while only one app is shown, and while one is hidden', async () => {
    const screen = withEvents({apps: ['web', 'api', 'mail']}, ...SEVERAL);
    screen.press('2 2');
    await looksAs('strip-only', screen);
    screen.press('h');
    await looksAs('strip-hidden', screen);
  });

  it('says what a key did', async () => {
    const screen = withEvents({}, statusEvent(READY));
    screen.press('r');
    await looksAs('strip-flash', screen);
    screen.push({type: 'clock', now: MORNING + 60_000});
    assert.doesNotMatch(screen.text(), /restarting/);
  });

  it('on 40 columns', () => looksAs('strip-40', withEvents(SIZES.small, statusEvent(BUSY))));

  it('of several apps on 40 columns', () =>
    looksAs('strip-several-40', withEvents({...SIZES.small, apps: ['web', 'api', 'mail']}, ...SEVERAL)));

  it('of twelve apps on 40 columns', () =>
    looksAs(
      'strip-twelve-40',
      withEvents({...SIZES.small, apps: TWELVE}, ...TWELVE.map(name => statusEvent(named(name)))),
    ));

  it('on 200 columns', () =>
    looksAs('strip-several-200', withEvents({...SIZES.large, apps: ['web', 'api', 'mail']}, ...SEVERAL)));

  it('after the daemon was lost and another one knows the app', () => {
    const notice: ScreenEvent = {type: 'notice', level: 'warning', text: 'the daemon is gone; starting it again'};
    const screen = withEvents(
      {},
      statusEvent(BUSY),
      notice,
      statusEvent(STARTING),
      statusEvent({...READY, pid: 5_000}),
    );
    return looksAs('strip-reconnected', screen);
  });

  it('has no colours without them, and says as much', () => {
    const events = [statusEvent(FAILED)];
    const [plain, coloured] = [withEvents({}, ...events), withEvents({isColour: true}, ...events)];
    assert.doesNotMatch(plain.text(), /\x1b/);
    assert.match(coloured.text(), /\x1b\[31m/);
    assert.equal(coloured.text().replace(/\x1b\[[\d;]*m/g, ''), plain.text());
  });
});

describe.each(Object.entries(SIZES))('the whole screen, %s', (name, size) => {
  const opened = (...keys: readonly string[]): TestScreen => {
    const screen = withEvents(size, statusEvent(BUSY), ...LOG, ...REQUESTS);
    for (const each of ['tab', ...keys]) screen.press(each);
    return screen;
  };

  it('with the log', () => looksAs(`${name}-log`, opened()));

  it('with nothing yet', () => {
    const screen = screenOf(size);
    screen.press('tab');
    return looksAs(`${name}-empty`, screen);
  });

  it('scrolled up, with what has come meanwhile', () => {
    const screen = opened('pageup');
    screen.push(logEvent('new'), logEvent('new too'));
    return looksAs(`${name}-scrolled`, screen);
  });

  it('while a search is typed', () => looksAs(`${name}-searching`, opened('/', 'p r o d')));

  it('with the matches of a search', () => looksAs(`${name}-matches`, opened('/', 'p r o d', 'enter', 'N')));

  it('with only the matches of a search', () => looksAs(`${name}-only-matches`, opened('/', 'c a r t', 'enter', 'm')));

  it('with no match', () => looksAs(`${name}-no-match`, opened('/', 'x y z', 'enter')));

  it('with the last error', () => looksAs(`${name}-last-error`, opened('e')));

  it('with errors only', () => looksAs(`${name}-errors`, opened('v', 'v')));

  it('while the log is held', () => {
    const screen = opened('p');
    screen.push(logEvent('held'));
    return looksAs(`${name}-paused`, screen);
  });

  it('with the requests', () => looksAs(`${name}-requests`, opened('right', 'up', 'up')));

  it('with a request', () => {
    const screen = opened('right', 'up', 'up', 'enter');
    screen.push({type: 'request-opened', opened: {state: 'loaded', id: 3, detail: DETAIL}});
    return looksAs(`${name}-request`, screen);
  });

  it('with an app', () => looksAs(`${name}-app`, opened('left')));

  it('with an app that did not start', () => {
    const screen = withEvents(size, statusEvent(FAILED));
    screen.press('tab left');
    return looksAs(`${name}-app-crashed`, screen);
  });

  it('with the help', () => looksAs(`${name}-help`, opened('?')));

  it('with twelve apps', () => {
    const screen = withEvents({...size, apps: TWELVE}, ...TWELVE.map(app => statusEvent(named(app))));
    screen.push(...TWELVE.map(app => logEvent(`from ${app}`, 'stdout', app)));
    screen.press('tab');
    return looksAs(`${name}-twelve`, screen);
  });
});

describe('the help of the strip', () => {
  it('has the whole screen, and leads back to the log', async () => {
    const screen = withEvents({apps: ['web', 'api', 'mail']}, ...SEVERAL);
    screen.press('?');
    await looksAs('strip-help', screen);
    screen.press('?');
    assert.equal(screen.state().layout.screen, 'strip');
  });
});
