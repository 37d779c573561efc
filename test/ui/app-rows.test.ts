import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {appsThatMatter, renderAppRows} from '../../src/ui/app-rows.js';
import {type Apps, chooseApp, createApps, withStatus} from '../../src/ui/screen/apps.js';
import {NO_COLOURS} from '../../src/ui/style.js';
import {FAILED, MORNING, READY, STARTING, TRAFFIC} from './fake-session.js';

const OPTIONS = {columns: 80, maxRows: 20, now: MORNING + 5_000, style: NO_COLOURS};

const appsOf = (statuses: Readonly<Record<string, Partial<AppStatus>>>): Apps =>
  Object.entries(statuses).reduce(
    (apps, [name, status]) => withStatus(apps, {...READY, url: `https://${name}.test`, ...status, name}),
    createApps(Object.keys(statuses)),
  );

describe('the rows of several apps', () => {
  it('have what is known of each in columns', () => {
    const apps = appsOf({web: {traffic: TRAFFIC}, 'back-office': {restarts: 2}});
    assert.deepEqual(renderAppRows(apps, {...OPTIONS, columns: 140}), [
      '❯ 1 ● web          ready  https://web.test          3.4 req/s  p95 12.2 ms  2 errors  48.2 MB              up 5s  pid 4711',
      '  2 ● back-office  ready  https://back-office.test                                    48.2 MB  2 restarts  up 5s  pid 4711',
    ]);
  });

  it('lose what tells least first, and never a part of an address', () => {
    const apps = appsOf({web: {traffic: TRAFFIC}, api: {}});
    assert.equal(
      renderAppRows(apps, {...OPTIONS, columns: 60})[0],
      '❯ 1 ● web  ready  https://web.test  3.4 req/s  2 errors',
    );
    assert.equal(renderAppRows(apps, {...OPTIONS, columns: 50})[0], '❯ 1 ● web  ready  https://web.test  2 errors');
    assert.equal(renderAppRows(apps, {...OPTIONS, columns: 30})[0], '❯ 1 ● web  ready  2 errors');
    for (let columns = 20; columns < 140; columns++) {
      for (const row of renderAppRows(apps, {...OPTIONS, columns})) {
        assert.ok(row.length <= columns, row);
        assert.ok(!row.includes('https') || row.includes('.test'), row);
      }
    }
  });

  it('have keys for nine', () => {
    const apps = createApps(Array.from({length: 11}, (_, place) => `app-${place}`));
    const rows = renderAppRows(apps, OPTIONS);
    assert.match(rows[8] ?? '', /^ {2}9 /);
    assert.match(rows[9] ?? '', /^ {4}○ app-9 /);
  });

  it('count the apps for which there is no room, by their state', () => {
    const apps = appsOf({a: {}, b: {}, c: {}, d: {state: 'stopped'}, e: {}});
    assert.deepEqual(
      renderAppRows(apps, {...OPTIONS, maxRows: 3}).map(row => row.trim().slice(0, 28)),
      ['❯ 1 ● a  ready  https://a.te', '2 ● b  ready  https://b.test', 'and 3 more: 2 ready, 1 stopp'],
    );
  });
});

describe('the apps that matter', () => {
  const apps = appsOf({
    quiet: {},
    used: {traffic: TRAFFIC},
    starting: STARTING,
    crashed: FAILED,
    stopped: {state: 'stopped'},
    chosen: {},
  });

  it.each([
    [2, ['chosen']],
    [3, ['crashed', 'chosen']],
    [4, ['starting', 'crashed', 'chosen']],
    [5, ['used', 'starting', 'crashed', 'chosen']],
    [6, ['quiet', 'used', 'starting', 'crashed', 'stopped', 'chosen']],
  ])('in %i rows are in their order: the chosen one, what fails, what changes, what is used', (rows, expected) => {
    assert.deepEqual(appsThatMatter(chooseApp(apps, 5), rows), expected);
  });
});
