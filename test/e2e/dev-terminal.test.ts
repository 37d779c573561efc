// `tako dev` in a real terminal: typed keys, and what is on the screen then. Each screen is kept, to be looked at:
// `TAKO_SCREENS=screens npm run test:long` says where.

import assert from 'node:assert/strict';
import {once} from 'node:events';
import {request as sendRequest} from 'node:https';
import path from 'node:path';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {eventually} from '../helpers/eventually.js';
import {createProject, type TestProject} from '../helpers/project.js';
import {requires} from '../helpers/system-parts.js';
import {createTako, type Tako} from '../helpers/tako.js';
import {createTmux, keepScreen, type Tmux} from '../helpers/tmux.js';

const CLI = path.resolve(import.meta.dirname, '../../dist/cli.js');

type Terminal = {readonly tmux: Tmux; readonly tako: Tako; readonly project: TestProject};

let terminal: Terminal;

async function open(columns: number, rows: number): Promise<Terminal> {
  const tako = createTako();
  const project = createProject('hello', 'talks.mjs');
  const tmux = createTmux({
    columns,
    rows,
    cwd: project.directory,
    env: {TAKO_HOME: tako.home, SSH_CONNECTION: '10.0.0.2 1 10.0.0.1 22'},
    command: [process.execPath, CLI, 'dev'],
  });
  await tmux.shows(/● hello {2}ready/);
  return {tmux, tako, project};
}

/** The screen that the terminal has, and the main one has the scrollback. */
const isOn = (screen: 'main' | 'alternate'): Promise<void> =>
  eventually(() => assert.equal(terminal.tmux.ask('#{alternate_on}'), screen === 'main' ? '0' : '1'));

/** Asks the app through the proxy, as a browser would, without its certificate and its name. */
async function ask(target: string): Promise<void> {
  const {apps} = await terminal.tako.status();
  const port = apps[0]?.port;
  await fetch(`http://127.0.0.1:${port}${target}`).catch(() => undefined);
}

/** Asks it as a browser would, through the proxy. */
async function request(target: string): Promise<void> {
  const {daemon} = await terminal.tako.status();
  const port = daemon?.https.port ?? 0;
  const client = sendRequest({
    host: '127.0.0.1',
    port,
    servername: 'hello.test',
    path: target,
    rejectUnauthorized: false,
  });
  client.setHeader('host', `hello.test:${port}`);
  client.end();
  const [response] = await once(client, 'response');
  response.resume();
  await once(response, 'end');
}

const SIZES = [
  [80, 24],
  [200, 50],
  [40, 15],
] as const;

describe.skipIf(requires('tmux')).each(SIZES)('tako dev in a terminal of %i x %i', (columns, rows) => {
  const name = (screen: string): string => `${columns}x${rows}-${screen}`;

  beforeAll(async () => {
    terminal = await open(columns, rows);
  });
  afterAll(async () => {
    terminal.tmux.close();
    await terminal.tako.close();
    terminal.project.remove();
  });

  it('is a log with a strip below it, which stays when the log scrolls', async () => {
    const {tmux} = terminal;
    await ask('/lines/100');
    await tmux.shows('line 100 of 100');
    await tmux.shows('q quit');
    keepScreen(name('strip'), tmux.screen());
    const all = tmux.screen({scrollback: true});
    for (const line of [1, 50, 99]) assert.match(all, new RegExp(`^ *line ${line} of 100$`, 'm'));
    assert.equal(all.split('● hello').length, 2);
  });

  it('has a whole screen, and gives the log back as it was, with what was said meanwhile', async () => {
    const {tmux} = terminal;
    await ask('/before');
    await tmux.shows('GET /before');
    const before = tmux.screen({scrollback: true});
    tmux.type('Tab');
    await tmux.shows('[log]');
    await isOn('alternate');
    await ask('/meanwhile');
    await tmux.shows('GET /meanwhile');
    keepScreen(name('dashboard'), tmux.screen());
    tmux.type('Tab');
    await isOn('main');
    await tmux.shows(/GET \/meanwhile[\s\S]*tab full screen/);
    const after = tmux.screen({scrollback: true});
    const log = before.slice(0, before.indexOf('──'));
    assert.ok(after.startsWith(log.trimEnd()), after);
    assert.equal(after.split('GET /meanwhile').length, 2);
  });

  it('finds what is searched for, typed faster than the screen changes', async () => {
    const {tmux} = terminal;
    await ask('/lines/300');
    await tmux.shows('line 300 of 300');
    tmux.typeText('/line 123 ');
    await tmux.shows(/❯ +line 123 of 300/);
    assert.equal(tmux.screen().split('\n').at(-1)?.trimEnd().startsWith('/line 123'), true);
    keepScreen(name('search'), tmux.screen());
    tmux.type('Enter');
    tmux.typeText('g');
    await tmux.shows(/listening|started/);
    tmux.typeText('G');
    await tmux.shows('line 300 of 300');
    tmux.typeText('f');
    await isOn('main');
  });

  it('shows the last error with what was around it', async () => {
    const {tmux} = terminal;
    await ask('/error');
    await ask('/lines/100');
    await tmux.shows('line 100 of 100');
    tmux.typeText('e');
    await tmux.shows('Error: no database');
    await tmux.shows('line 1 of 100');
    keepScreen(name('last-error'), tmux.screen());
    tmux.typeText('f');
    await isOn('main');
  });

  it('lists requests over SSH, where no browser is', async () => {
    const {tmux} = terminal;
    tmux.typeText('i');
    await tmux.shows('[requests]');
    await request('/live');
    await tmux.shows(/❯ 200 {2}GET .*\/live/);
    keepScreen(name('requests'), tmux.screen());
    tmux.type('Enter');
    await tmux.shows(/Request #\d+ [\s\S]*GET https:/);
    keepScreen(name('request'), tmux.screen());
    tmux.typeText('R');
    await tmux.shows(/sent again as #\d+: 200/);
    tmux.typeText('f');
    await isOn('main');
  });

  it('explains its keys, on as many screens as that takes', async () => {
    const {tmux} = terminal;
    tmux.typeText('?');
    await tmux.shows('restart the app');
    keepScreen(name('help'), tmux.screen());
    tmux.type('End');
    await tmux.shows('the same');
    tmux.type('q');
    await isOn('main');
  });

  it('fits the window when that changes, on the whole screen too', async () => {
    const {tmux} = terminal;
    tmux.type('Tab');
    await tmux.shows('[log]');
    for (const [width, height] of [
      [100, 30],
      [50, 12],
      [160, 40],
    ] as const) {
      tmux.resize(width, height);
      await eventually(() => {
        const shown = tmux.screen().split('\n');
        assert.match(shown[0] ?? '', /^tako {3}apps \[log\] requests/);
        assert.equal(shown.length, height);
        assert.match(shown.at(-1) ?? '', /q quit$/);
        for (const row of shown) assert.equal(row.split('❯ Log').length <= 2, true);
      });
    }
    keepScreen(name('resized'), tmux.screen());
    tmux.resize(columns, rows);
    tmux.typeText('f');
    await isOn('main');
  });

  it('leaves the terminal as it was', async () => {
    const {tmux} = terminal;
    tmux.typeText('f');
    await tmux.shows('[log]');
    tmux.typeText('q');
    await tmux.shows('[left with 0]');
    keepScreen(name('left'), tmux.screen());
    assert.equal(tmux.ask('#{alternate_on} #{cursor_flag}'), '0 1');
    assert.doesNotMatch(tmux.screen(), /q quit|\[log\]/);
    tmux.typeText('echoed');
    await tmux.shows('echoed');
  });
});
