// Who owns the terminal while a screen is shown: which of its two screens is drawn on, what is undone when the screen is
// left, however that happens, and what Ctrl-Z and `fg` do. Ink has the cursor, raw mode and bracketed paste; all else is
// entered and left here.

import type {EventEmitter} from 'node:events';
import type {Readable, Writable} from 'node:stream';
import {stripVTControlCharacters} from 'node:util';
import type {SuspendTerminal} from 'ink';
import {enterTitle, leaveTitle} from './terminal-title.js';
import {columnsOf} from './text/width.js';

/** The `main` one has the scrollback; what was drawn on the `alternate` one is gone when it is left. */
export type TerminalScreen = 'main' | 'alternate';

export type Terminal = {
  screen(): TerminalScreen;
  /** Whether nothing can be written at present: Ink drops it while it has let go of the terminal. */
  isAway(): boolean;
  /**
   * Calls the listener when that changes, and when another screen is about to be drawn on; before that nothing of the last
   * one is drawn any more.
   */
  subscribe(listener: () => void): () => void;
  /** Draws on the other screen from then on. */
  switchScreen(to: TerminalScreen): Promise<void>;
  /** Ctrl-Z: leaves the terminal to the shell, until `fg`, and then draws everything again. */
  stop(): Promise<void>;
  /** How Ink lets go of the terminal; `useTerminal` says it. */
  attach(suspend: SuspendTerminal): () => void;
  /** Leaves the terminal as it was found. Closing twice is closing once. */
  close(): void;
};

/** The process, as far as a terminal needs it. */
export type Job = EventEmitter & {kill(pid: number, signal: NodeJS.Signals): unknown};

export type TerminalOptions = {
  readonly stdin: Readable & {setRawMode?(isRaw: boolean): unknown};
  readonly stdout: Writable & {readonly columns?: number};
  /** Of the window, while this is open. */
  readonly title?: string;
  /** What Ink has drawn on the main screen, for so many columns. Where it is given, the terminal is one that breaks rows anew. */
  readonly frame?: (columns: number) => string;
  readonly job?: Job;
};

/** Owns the terminal from now on, also when the process crashes or exits: what it then says stands on the main screen. */
export function openTerminal({stdin, stdout, title, frame, job = process}: TerminalOptions): Terminal {
  const listeners = new Set<() => void>();
  let screen: TerminalScreen = 'main';
  let suspend: SuspendTerminal | undefined;
  let isOpen = true;
  let isAway = false;
  let turn = Promise.resolve();

  /** Acts while nothing is drawn and no key is read; then everything is drawn anew. One at a time. */
  const whileSuspended = (act: () => Promise<void>): Promise<void> => {
    const done = turn.then(async () => {
      if (!isOpen || !suspend) return;
      setAway(true);
      await suspend(act).finally(() => setAway(false));
    });
    turn = done.catch(() => undefined);
    return done;
  };
  const setAway = (is: boolean): void => {
    isAway = is;
    tell();
  };
  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const changeScreen = async (to: TerminalScreen): Promise<void> => {
    // Ink has left raw mode, and enters it again afterwards: what is typed meanwhile would be echoed.
    stdin.setRawMode?.(true);
    stdout.write(to === 'alternate' ? ENTER_ALTERNATE : LEAVE_ALTERNATE);
    screen = to;
    tell();
    // React commits what the listeners asked for; the first frame that is drawn is one of the new screen.
    await new Promise(setImmediate);
  };
  const enter = (): void => void stdout.write(enterModes(screen, title));
  const leave = (): void => void stdout.write(leaveModes(screen, title));
  const stop = (): Promise<void> =>
    whileSuspended(async () => {
      leave();
      unlisten();
      await stopJob(job);
      if (!isOpen) return;
      listen();
      enter();
    });
  /** Stopped by somebody else, who may have left the terminal in any state. */
  const onContinue = (): void => void whileSuspended(async () => enter());
  let columns = stdout.columns ?? 0;
  /** Comes before Ink hears of it, which takes back as many rows as it has drawn. */
  const onResize = (): void => {
    const before = columns;
    columns = stdout.columns ?? 0;
    if (columns >= before || isAway || screen !== 'main' || !frame) return;
    stdout.write(eraseBroken(frame(before), columns));
  };
  const crash = (): void => {
    if (!isOpen) return;
    // Takes back what Ink has drawn, and lets it draw no more: it would do so over what is said of the crash.
    suspend?.().catch(() => undefined);
    stdin.setRawMode?.(false);
    stdout.write(UNDO_INK);
    close();
  };
  const signals = {SIGTSTP: stop, SIGCONT: onContinue, uncaughtExceptionMonitor: crash, exit: crash};
  const listen = (): void => {
    for (const [name, listener] of Object.entries(signals)) job.on(name, listener);
  };
  const unlisten = (): void => {
    for (const [name, listener] of Object.entries(signals)) job.off(name, listener);
  };
  const close = (): void => {
    if (!isOpen) return;
    isOpen = false;
    unlisten();
    stdout.off('resize', onResize);
    leave();
  };

  listen();
  stdout.on('resize', onResize);
  enter();
  return {
    screen: () => screen,
    isAway: () => isAway,
    subscribe: listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    switchScreen: async to => {
      await turn;
      if (to !== screen) await whileSuspended(() => changeScreen(to));
    },
    stop,
    attach: given => {
      suspend = given;
      return () => {
        if (suspend === given) suspend = undefined;
      };
    },
    close,
  };
}

/** Takes back the rows that a frame has more since the terminal became so narrow that it broke some of them in two. */
function eraseBroken(frame: string, columns: number): string {
  const rows = frame.split('\n').map(row => Math.ceil(columnsOf(stripVTControlCharacters(row)) / columns) - 1);
  const more = rows.reduce((sum, count) => sum + Math.max(0, count), 0);
  return more > 0 ? `\x1b[${more}A\x1b[J` : '';
}

/** Nobody continues a job whose shell is gone or has no job control, and the kernel stops none such: it just goes on. */
const NOT_STOPPED_MS = 250;

/** Stops all processes of the job, as the kernel does for Ctrl-Z; resolves when they go on. */
async function stopJob(job: Job): Promise<void> {
  const {promise, resolve} = Promise.withResolvers<void>();
  job.on('SIGCONT', resolve);
  job.kill(0, 'SIGTSTP');
  // Runs on while the process is stopped, so that it never delays `fg`.
  const timer = setTimeout(resolve, NOT_STOPPED_MS);
  await promise;
  clearTimeout(timer);
  job.off('SIGCONT', resolve);
}

/** XTerm's private mode 1049: keeps the cursor, changes to a screen that is empty; and back. */
const ENTER_ALTERNATE = '\x1b[?1049h';
const LEAVE_ALTERNATE = '\x1b[?1049l';
/** Ends a synchronized update, bracketed paste and colours, and shows the cursor. */
const UNDO_INK = '\x1b[?2026l\x1b[?2004l\x1b[0m\x1b[?25h';

const enterModes = (screen: TerminalScreen, title: string | undefined): string =>
  (title === undefined ? '' : enterTitle(title)) + (screen === 'alternate' ? ENTER_ALTERNATE : '');

const leaveModes = (screen: TerminalScreen, title: string | undefined): string =>
  (screen === 'alternate' ? LEAVE_ALTERNATE : '') + (title === undefined ? '' : leaveTitle());
