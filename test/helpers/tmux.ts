// A real terminal to look at: tmux, on a server of its own, with what is typed sent as keys and the screen read as text.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {eventually} from './eventually.js';

export type TmuxOptions = {
  readonly columns: number;
  readonly rows: number;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly command: readonly string[];
};

export type Tmux = {
  /** Keys as tmux names them, `Tab`, `C-c`, or text. */
  type(...keys: readonly string[]): void;
  /** Text as it is, `Tab` is three letters. */
  typeText(text: string): void;
  resize(columns: number, rows: number): void;
  /** What is on the screen; with `scrollback` also what has scrolled off it. */
  screen(options?: {readonly scrollback?: boolean}): string;
  /** A format of tmux: `#{alternate_on}`. */
  ask(format: string): string;
  /** Waits until the screen has it. */
  shows(what: string | RegExp): Promise<void>;
  close(): void;
};

/** Throws when there is no tmux: suites ask `requires('tmux')` before. */
export function createTmux({columns, rows, cwd, env = {}, command}: TmuxOptions): Tmux {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-tmux-'));
  const run = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', path.join(folder, 'socket'), '-f', '/dev/null', ...args], {
      encoding: 'utf8',
      env: {...process.env, TMUX: '', TERM: 'xterm-256color', LANG: 'C.UTF-8'},
    });
  const variables = Object.entries(env).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const size = ['-x', String(columns), '-y', String(rows)];
  // A shell around it, so that what the terminal is left with can still be read when the command has ended.
  const shell = ['sh', '-c', '"$@"; echo "[left with $?]"; cat', 'sh', ...command];
  run('new-session', '-d', '-s', 'test', ...size, '-c', cwd, ...variables, ...shell);
  const screen: Tmux['screen'] = ({scrollback = false} = {}) =>
    run('capture-pane', '-p', '-t', 'test', ...(scrollback ? ['-S', '-'] : [])).trimEnd();
  return {
    screen,
    type: (...keys) => void run('send-keys', '-t', 'test', ...keys),
    typeText: text => void run('send-keys', '-t', 'test', '-l', text),
    resize: (columns, rows) => void run('resize-window', '-t', 'test', '-x', String(columns), '-y', String(rows)),
    ask: format => run('display-message', '-p', '-t', 'test', format).trim(),
    async shows(what) {
      const pattern = typeof what === 'string' ? new RegExp(what.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')) : what;
      // A clock on the screen is no progress.
      await eventually(() => assert.match(screen(), pattern), {everyMs: 50, progress: () => undefined});
    },
    close() {
      run('kill-server');
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

/** Keeps what a screen looked like, for people to look at: in TAKO_SCREENS, else in a folder of the system's for such. */
export function keepScreen(name: string, text: string): void {
  const folder = process.env.TAKO_SCREENS ?? path.join(tmpdir(), 'tako-screens');
  mkdirSync(folder, {recursive: true});
  writeFileSync(path.join(folder, `${name}.txt`), `${text}\n`);
}
