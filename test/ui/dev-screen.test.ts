import assert from 'node:assert/strict';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterEach, describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import {runDevScreen} from '../../src/ui/dev-screen.js';
import type {DevOutcome} from '../../src/ui/dev-session.js';
import {eventually} from '../helpers/eventually.js';
import {
  createFakeSession,
  detailOf,
  exchangeOf,
  FAILED,
  type FakeSession,
  logEvent,
  READY,
  statusEvent,
} from './fake-session.js';
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
    await shows(/● hello {2}ready {2}48\.2 MB · up 4m 1\ds · pid 4711/);
    await shows('  listening');
    const text = terminal.text();
    assert.ok(text.indexOf('listening') < text.indexOf('● hello'));
    assert.match(text, /\n {2}https:\/\/hello\.test\n {2}https:\/\/api\.hello\.test\n/);
    assert.match(text, /\n {2}r restart {2}o open .* {2}tab full screen {2}\? help {2}q quit/);
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
    await shows('leave, and stop the apps that nobody else wants');
    assert.ok(terminal.written().includes(ENTER_ALTERNATE));
    terminal.type('?');
    await shows('? help');
    assert.ok(terminal.written().lastIndexOf(LEAVE_ALTERNATE) > terminal.written().lastIndexOf(ENTER_ALTERNATE));
  });

  it('are not read from pasted text', async () => {
    const {session, terminal, shows} = show();
    session.emit(statusEvent(READY));
    await shows('ready');
    terminal.type('\x1b[200~quit or restart\x1b[201~o');
    await eventually(() => assert.deepEqual(session.asked, ['open https://hello.test']));
  });
});

describe('the whole screen', () => {
  it('is entered and left with Tab, and what was said meanwhile is printed then', async () => {
    const {session, terminal, shows} = show();
    session.emit(statusEvent(READY), logEvent('before'));
    await shows('before');
    terminal.type('\t');
    await shows('[log]');
    session.emit(logEvent('meanwhile'));
    await shows('meanwhile');
    const inside = terminal.written().length;
    terminal.type('\t');
    await eventually(() => assert.match(terminal.written().slice(inside), /1049l[\s\S]*meanwhile\n/));
    await shows('tab full screen');
  });

  it('hears keys that were typed before it was there', async () => {
    const {session, terminal, shows} = show();
    session.emit(logEvent('needle'), logEvent('hay'));
    await shows('hay');
    terminal.type('/need\r');
    await shows('1 with "need"');
    await shows('❯   needle');
  });

  it('takes pasted text for the search, and for nothing else', async () => {
    const {session, terminal, shows} = show();
    session.emit(logEvent('a quiet night'));
    await shows('quiet');
    terminal.type('/\x1b[200~quiet\nq\x1b[201~');
    await shows('/quiet q');
  });

  it('follows the requests while it is there, and only then', async () => {
    const {session, terminal, shows} = show();
    await shows('hello');
    assert.equal(session.followerCount(), 0);
    terminal.type('f');
    await shows('[log]');
    session.emitRequests({type: 'request', exchange: exchangeOf({url: 'https://hello.test/cart'})});
    await shows('200  GET      12.2 ms  /cart');
    terminal.type('f');
    await eventually(() => assert.equal(session.followerCount(), 0));
  });

  it('shows a request in full, and sends it again', async () => {
    const exchange = exchangeOf({id: 7, url: 'https://hello.test/cart'});
    const session = createFakeSession({details: [detailOf(exchange)]});
    const {terminal, shows} = show({session, rows: 30});
    terminal.type('f\x1b[C');
    await shows('[requests]');
    session.emitRequests({type: 'request', exchange});
    await shows('/cart');
    terminal.type('\r');
    await shows('GET https://hello.test/cart');
    await shows('content-type: text/html');
    terminal.type('R');
    await shows('sent again as #107: 200');
    assert.deepEqual(session.asked, ['replay 7']);
  });

  it('says why a request is not to be had', async () => {
    const {session, terminal, shows} = show();
    terminal.type('f\x1b[C');
    await shows('[requests]');
    session.emitRequests({type: 'request', exchange: exchangeOf({id: 8})});
    await shows('200  GET');
    terminal.type('\r');
    await shows('no request #8');
  });

  it('has the requests where there is no browser for them', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({hasBrowser: false})});
    terminal.type('i');
    await shows('[requests]');
    assert.deepEqual(session.asked, ['inspect']);
  });

  it('is left before the terminal is given back', async () => {
    const {terminal, outcome, shows} = show();
    terminal.type('f');
    await shows('[log]');
    terminal.type('q');
    assert.equal(await outcome, 'stop');
    const written = terminal.written();
    assert.ok(written.lastIndexOf(LEAVE_ALTERNATE) > written.lastIndexOf(ENTER_ALTERNATE));
    assert.equal(terminal.stdin.isRaw, false);
  });
});

/** XTerm's private mode 1049. */
const ENTER_ALTERNATE = '\x1b[?1049h';
const LEAVE_ALTERNATE = '\x1b[?1049l';

describe('the log of the dev screen', () => {
  it('is held while it is paused, and goes on where it was', async () => {
    const {session, terminal, shows} = show();
    session.emit(logEvent('one'));
    await shows('one');
    terminal.type('p');
    await shows('paused');
    session.emit(logEvent('two'), logEvent('three'));
    await shows('paused · 2 new lines');
    assert.doesNotMatch(terminal.text(), /two/);
    terminal.type('p');
    await shows(/one\n {2}two\n {2}three\n/);
  });

  it('is cleared with the scrollback, and with what was held', async () => {
    const {session, terminal, shows} = show();
    session.emit(logEvent('gone'));
    await shows('gone');
    terminal.type('px');
    await eventually(() => assert.ok(terminal.written().includes('\x1b[H\x1b[2J\x1b[3J')));
    session.emit(logEvent('next'));
    terminal.type('p');
    await shows('next');
  });

  it('has times, and cut lines, when they are wanted', async () => {
    const {session, terminal, shows} = show({columns: 40});
    terminal.type('tw');
    await shows('long lines cut');
    session.emit(logEvent('x'.repeat(100)));
    await shows(/09:05:07 {3}x+…\n/);
  });
});

describe('the dev screen of several apps', () => {
  const API: AppStatus = {...READY, name: 'api', url: 'https://api.test', urls: ['https://api.test'], pid: 4712};
  const APPS = ['hello', 'api'] as const;

  it('shows a line per app, with its place, state, address and figures', async () => {
    const {session, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(statusEvent({...READY, startedAt: Date.now()}));
    await shows(/\n❯ 1 ● hello {2}ready {4}https:\/\/hello\.test {2}48\.2 MB {2}up \ds {2}pid 4711\n/);
    await shows('\n  2 ○ api    waiting\n');
  });

  it('says whose each line of the log is', async () => {
    const {session, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(
      statusEvent(READY),
      logEvent('asks'),
      logEvent('answers', 'stderr', 'api'),
      logEvent('up', 'tako', 'api'),
    );
    await shows(/hello │ asks\n/);
    await shows(/api {3}┃ answers\n/);
    await shows(/api {3}◆ up\n/);
  });

  it('turns its keys to another app with brackets and digits', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(statusEvent(READY), statusEvent(API));
    await shows('❯ 1 ● hello');
    terminal.type(']');
    await shows('❯ 2 ● api');
    terminal.type('r');
    await shows('restarting api');
    terminal.type('1');
    await shows('❯ 1 ● hello');
    terminal.type('o');
    await eventually(() => assert.deepEqual(session.asked, ['restart api', 'open https://hello.test']));
  });

  it('prints the lines of one only, and not those of one that is hidden', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({apps: APPS})});
    await shows('❯ 1');
    terminal.type('22');
    await shows('only api');
    session.emit(logEvent('left out'), logEvent('printed', 'stdout', 'api'));
    await shows('printed');
    terminal.type('h');
    await shows('hidden: api');
    session.emit(logEvent('left out too', 'stdout', 'api'), logEvent('printed too'));
    await shows('printed too');
    assert.doesNotMatch(terminal.text(), /left out/);
  });

  it('tells the problem of the app that its keys are about', async () => {
    const {session, terminal, shows} = show({session: createFakeSession({apps: APPS})});
    session.emit(statusEvent(READY), statusEvent({...FAILED, name: 'api'}));
    await shows('2 ● api    crashed');
    assert.equal(terminal.text().split('APP_EXITED_EARLY').length, 2);
    terminal.type('2');
    await shows(
      /❯ 2 .*\n {2}hello exited with code 1 before it was ready \[APP_EXITED_EARLY\]\n {2}its output says why/,
    );
  });
});

describe('a narrow terminal', () => {
  it('has every URL whole that fits on a line', async () => {
    const url = 'https://a-name-of-forty-columns-in-all.test';
    const {session, shows} = show({columns: url.length});
    session.emit(statusEvent({...READY, urls: [url]}));
    await shows(`\n${url}\n`);
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
    assert.match(terminal.text(), /^ {2}first\n {2}last\n◆ hello was stopped by another command\n*$/);
  });

  it('takes the strip away also when it changed in the very last moment', async () => {
    const {session, terminal, outcome, shows} = show();
    session.emit(statusEvent(READY));
    await shows('ready');
    for (const key of ['p', 'p', 'q']) {
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
