import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {runDevScreen} from '../../src/ui/dev-screen.js';
import type {DevOutcome} from '../../src/ui/dev-session.js';
import {eventually} from '../helpers/eventually.js';
import {createFakeSession, FAILED, type FakeSession, logEvent, READY, statusEvent} from './fake-session.js';
import {createFakeTerminal, type FakeTerminal} from './fake-terminal.js';

type Setting = {
  readonly columns?: number;
  readonly rows?: number;
  readonly session?: FakeSession;
  readonly env?: Record<string, string>;
};

type Screen = {
  readonly terminal: FakeTerminal;
  readonly session: FakeSession;
  readonly outcome: Promise<DevOutcome>;
  readonly controller: AbortController;
  /** Waits until the terminal shows it. */
  shows(what: string | RegExp): Promise<void>;
};

const controllers = new Set<AbortController>();

function show({session = createFakeSession(), env = {}, ...size}: Setting = {}): Screen {
  const terminal = createFakeTerminal(size);
  const controller = new AbortController();
  controllers.add(controller);
  const {stdin, stdout} = terminal;
  const outcome = runDevScreen(session, {stdin, stdout, signal: controller.signal, env});
  const shows = (what: string | RegExp): Promise<void> =>
    eventually(() => assert.match(terminal.text(), pattern(what)), {everyMs: 5});
  return {terminal, session, outcome, controller, shows};
}

const pattern = (what: string | RegExp): RegExp =>
  typeof what === 'string' ? new RegExp(what.replace(/[.?|()[\]]/g, '\\$&')) : what;

/** A screen that a test has left alone would keep its terminal's timers. */
afterEach(() => {
  for (const controller of controllers) controller.abort();
  controllers.clear();
});

describe('the dev screen', () => {
  it('shows the app, its state and its addresses below the log', async () => {
    const {terminal, session, shows} = show();
    const urls = ['https://hello.test', 'https://api.hello.test'];
    session.emit(logEvent('listening'), statusEvent({...READY, urls, startedAt: Date.now() - 252_000}));
    await shows(/● hello {2}ready {2}pid 4711 · up 4m 1\ds · 48\.2 MB/);
    await shows('09:05:07 listening');
    const text = terminal.text();
    assert.ok(text.indexOf('listening') < text.indexOf('● hello'));
    assert.match(text, /\n {2}https:\/\/hello\.test\n {2}https:\/\/api\.hello\.test\n/);
    assert.match(text, /\n {2}r restart {2}o open {2}c copy URL {2}b background {2}\? help {2}q stop/);
  });

  it('misses no event, also not those that come before the first frame', async () => {
    const session = createFakeSession();
    const {shows} = show({session});
    assert.equal(session.listenerCount(), 1);
    session.emit(logEvent('the very first'));
    await shows('the very first');
  });

  it('says that it waits for the daemon until it hears of the app', async () => {
    await show().shows('○ hello  waiting for the daemon');
  });

  it('keeps the reason of a failed start in sight and puts the details into the log', async () => {
    const {session, terminal, shows} = show();
    session.emit(statusEvent(FAILED));
    await shows('● hello  crashed with code 1');
    await shows('  hello exited with code 1 before it was ready [APP_EXITED_EARLY]\n  its output says why\n');
    await shows('Error: cannot find module express');
    session.emit(...Array.from({length: 30}, (_, line) => logEvent(`line ${line}`)));
    await shows('line 29');
    assert.equal(terminal.text().split('cannot find module express').length, 2);
  });

  it('shows the notes of the session', async () => {
    await show({session: createFakeSession({notes: ['port 443 is taken']})}).shows('! port 443 is taken');
  });

  it('counts the seconds', async () => {
    const {session, shows} = show();
    session.emit(statusEvent({...READY, startedAt: Date.now()}));
    await shows('up 0s');
    await shows(/up [12]s/);
  });

  it('prints each line once, however often the strip is redrawn', async () => {
    const {session, terminal, shows} = show();
    for (let line = 0; line < 5; line++) {
      session.emit(logEvent(`line ${line};`), statusEvent({...READY, memoryBytes: line * 1_000_000}));
      await shows(`line ${line};`);
    }
    const text = terminal.text();
    for (let line = 0; line < 5; line++) assert.equal(text.split(`line ${line};`).length, 2);
    assert.equal(text.split('● hello').length, 2);
  });

  it('writes at most one frame in 33 ms', async () => {
    const {session, terminal, shows} = show();
    await shows('waiting');
    const before = terminal.written().length;
    for (let line = 0; line < 1_000; line++) session.emit(statusEvent({...READY, memoryBytes: line * 1_000_000}));
    await shows('999.0 MB');
    const frames = terminal.written().slice(before).split('● ').length - 1;
    assert.ok(frames <= 2, `${frames} frames`);
  });
});

describe('the keys of the dev screen', () => {
  it.each([
    ['r', ['restart hello']],
    ['R', ['restart hello']],
    ['o', ['open https://hello.test']],
    ['c', ['copy https://hello.test']],
  ] as const)('%s asks the session', async (key, asked) => {
    const {session, terminal, shows} = show();
    session.emit(statusEvent(READY));
    await shows('ready');
    terminal.type(key);
    await eventually(() => assert.deepEqual(session.asked, asked));
  });

  it.each([
    ['q', 'stop'],
    ['Q', 'stop'],
    ['\x03', 'stop'],
    ['b', 'background'],
  ] as const)('%j leaves it', async (key, expected) => {
    const {terminal, outcome, shows} = show();
    await shows('hello');
    terminal.type(key);
    assert.equal(await outcome, expected);
  });

  it('say what they did', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({hasClipboard: false})});
    terminal.type('o');
    await shows('no address yet');
    session.emit(statusEvent(READY));
    await shows('https://hello.test');
    terminal.type('c');
    await shows('no clipboard tool was found');
    assert.deepEqual(session.asked, ['copy https://hello.test']);
  });

  it('are explained on ?, until it is typed again', async () => {
    const {terminal, shows} = show();
    await shows('? help');
    terminal.type('?');
    await shows('q, ctrl-c  leave, and stop the app if nobody else wants it');
    terminal.type('?');
    await shows('? help');
    assert.doesNotMatch(terminal.text(), /ctrl-c/);
  });

  it('are not read from pasted text', async () => {
    const {session, terminal, shows} = show();
    session.emit(statusEvent(READY));
    await shows('ready');
    terminal.type('\x1b[200~quit or restart\x1b[201~o');
    await eventually(() => assert.deepEqual(session.asked, ['open https://hello.test']));
  });
});

describe('the dev screen of several apps', () => {
  const API: AppStatus = {...READY, name: 'api', url: 'https://api.test', urls: ['https://api.test'], pid: 4712};
  const APPS = ['hello', 'api'] as const;

  it('shows a line per app, with its place, state, address and facts', async () => {
    const {session, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(statusEvent({...READY, startedAt: Date.now()}));
    await shows(/\n❯ 1 ● hello {2}ready {2}https:\/\/hello\.test {2}pid 4711 · up \ds · 48\.2 MB\n/);
    await shows('\n  2 ○ api    waiting for the daemon\n');
    await shows('tab next app');
  });

  it('says whose each line of the log is, and cuts off what of a state does not fit', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({apps: APPS}), columns: 30});
    session.emit(
      statusEvent(READY),
      logEvent('asks'),
      logEvent('answers', 'stderr', 'api'),
      logEvent('up', 'tako', 'api'),
    );
    await shows('09:05:07 hello │ asks\n09:05:07┃api   │ answers\n09:05:07 ◆ api   │ up\n');
    await shows(/\n❯ 1 ● hello {2}ready {2}https:.*…\n/);
    for (const line of terminal.text().split('\n')) assert.ok(line.length <= 30, line);
  });

  it('gives each its own colour, and none to the lines of a single one', async () => {
    const several = show({session: createFakeSession({apps: APPS}), env: {TERM: 'xterm'}});
    several.session.emit(logEvent('asks'), logEvent('answers', 'stdout', 'api'));
    await several.shows('answers');
    assert.ok(several.terminal.written().includes('\x1b[36mhello\x1b[39m'));
    assert.ok(several.terminal.written().includes('\x1b[35mapi  \x1b[39m'));
    const single = show({env: {TERM: 'xterm'}});
    single.session.emit(logEvent('asks'));
    await single.shows('09:05:07 asks');
  });

  it('turns its keys to another app on Tab and on digits', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(statusEvent(READY), statusEvent(API));
    await shows('❯ 1 ● hello');
    terminal.type('\t');
    await shows('❯ 2 ● api');
    terminal.type('r');
    await shows('restarting api');
    terminal.type('1');
    await shows('❯ 1 ● hello');
    terminal.type('o');
    await eventually(() => assert.deepEqual(session.asked, ['restart api', 'open https://hello.test']));
  });

  it('tells the problem of the app that its keys are about', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(statusEvent(READY), statusEvent({...FAILED, name: 'api'}));
    await shows('2 ● api    crashed with code 1');
    assert.equal(terminal.text().split('APP_EXITED_EARLY').length, 2);
    terminal.type('2');
    await shows(
      /❯ 2 .*\n {2}hello exited with code 1 before it was ready \[APP_EXITED_EARLY\]\n {2}its output says why/,
    );
  });

  it('says in words that an app restarts, or starts again after a crash', async () => {
    const {session, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(
      statusEvent({...READY, state: 'restarting'}),
      statusEvent({...API, state: 'backing-off', pid: null, startedAt: null, exit: {code: 7, signal: null}}),
    );
    await shows('hello  restarting');
    await shows('api    crashed with code 7, starts again');
  });

  it('explains what its keys do to all of them', async () => {
    const {terminal, shows} = show({session: createFakeSession({apps: APPS})});
    terminal.type('?');
    await shows('q, ctrl-c  leave, and stop the apps that nobody else wants');
    await shows('tab, 1-9   turn to another app');
  });
});

describe('a narrow terminal', () => {
  it('has every URL whole that fits on a line', async () => {
    const url = 'https://a-name-of-forty-columns-in-all.test';
    const {session, shows} = show({columns: url.length});
    session.emit(statusEvent({...READY, urls: [url]}));
    await shows(`\n${url}\n`);
  });

  it('has its facts on a line of their own and the hints that fit', async () => {
    const {session, terminal, shows} = show({columns: 40, rows: 20});
    session.emit(statusEvent({...READY, startedAt: Date.now()}));
    await shows(/● hello {2}ready\n {2}pid 4711 · up \ds · 48\.2 MB\n/);
    await shows('  r restart  o open  ? help  q stop');
    for (const line of terminal.text().split('\n')) assert.ok(line.length <= 40, line);
  });

  it('shows no more than fits when it is also low', async () => {
    const {session, terminal, shows} = show({columns: 40, rows: 4});
    session.emit(statusEvent(READY));
    await shows('● hello  ready');
    assert.doesNotMatch(terminal.text(), /restart/);
  });
});

describe('colours of the dev screen', () => {
  const frameWith = async (env: Record<string, string>): Promise<string> => {
    const {session, terminal, shows} = show({env});
    session.emit(statusEvent(READY), logEvent('\x1b[35mpurple'));
    await shows('ready');
    await shows('purple');
    return terminal.written();
  };

  it('mark the state and keep those of the app', async () => {
    const written = await frameWith({TERM: 'xterm'});
    assert.ok(written.includes('\x1b[32mready\x1b[39m'));
    assert.ok(written.includes('\x1b[35mpurple\x1b[0m\n'));
  });

  it('are absent with NO_COLOR', async () => {
    assert.doesNotMatch(await frameWith({NO_COLOR: '1'}), /\x1b\[[\d;]*m/);
  });
});

describe('leaving the dev screen', () => {
  it('takes the strip away and leaves the log, the last lines included', async () => {
    const {session, terminal, outcome, shows} = show();
    session.emit(statusEvent(READY), logEvent('first'));
    await shows('first');
    session.emit(logEvent('last'), {type: 'ended', reason: 'hello was stopped by another command'});
    assert.equal(await outcome, 'ended');
    assert.match(
      terminal.text(),
      /^09:05:07 first\n09:05:07 last\n\d\d:\d\d:\d\d ◆ hello was stopped by another command\n*$/,
    );
  });

  it('takes the strip away also when it changed in the very last moment', async () => {
    const {session, terminal, outcome, shows} = show();
    session.emit(statusEvent(READY));
    await shows('ready');
    for (const key of ['?', '?', 'q']) {
      terminal.type(key);
      await sleep(2);
    }
    await outcome;
    assert.equal(terminal.text().trim(), '');
  });

  it('gives the terminal back as it was', async () => {
    const {session, terminal, outcome, controller, shows} = show();
    await shows('hello');
    assert.equal(terminal.stdin.isRaw, true);
    controller.abort();
    assert.equal(await outcome, 'ended');
    await sleep(0);
    const written = terminal.written();
    assert.equal(terminal.stdin.isRaw, false);
    assert.equal(terminal.stdin.listenerCount('readable'), 0);
    assert.equal(session.listenerCount(), 0);
    assert.ok(written.lastIndexOf('\x1b[?25h') > written.lastIndexOf('\x1b[?25l'), 'the cursor is visible');
    assert.ok(written.lastIndexOf('\x1b[?2004l') > written.lastIndexOf('\x1b[?2004h'), 'pasting is ordinary');
    assert.ok(written.includes('\x1b[22;0t\x1b]0;tako | hello\x07'), 'the title was set');
    assert.ok(written.endsWith('\x1b]0;\x07\x1b[23;0t'), 'the title is back');
  });

  it('happens at once when the signal is already aborted', async () => {
    const {stdin, stdout} = createFakeTerminal();
    const outcome = runDevScreen(createFakeSession(), {stdin, stdout, signal: AbortSignal.abort(), env: {}});
    assert.equal(await outcome, 'ended');
  });

  it('happens when the terminal is gone, and lets the app go on', async () => {
    const {terminal, outcome, shows} = show();
    await shows('hello');
    terminal.stdin.emit('error', Object.assign(new Error('read EIO'), {code: 'EIO'}));
    assert.equal(await outcome, 'background');
    assert.equal(terminal.stdin.isRaw, false);
  });

  it('installs no listener on the process that stays', async () => {
    const count = (): number => process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0);
    const {controller: first, outcome: done} = show();
    first.abort();
    await done;
    const before = count();
    const {controller, outcome, shows} = show();
    await shows('hello');
    controller.abort();
    await outcome;
    assert.equal(count(), before);
  });
});
