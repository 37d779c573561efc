import type {Readable, Writable} from 'node:stream';
import {render, renderToString} from 'ink';
import {DevRoot} from './components/dev-root.js';
import {Strip} from './components/strip/strip.js';
import {createDevEffects} from './dev-effects.js';
import {createDevFeed} from './dev-feed.js';
import type {DevOutcome, DevSession} from './dev-session.js';
import {followSession} from './follow-session.js';
import {type Environment, styleFor} from './style.js';
import {openTerminal} from './terminal.js';

export type ScreenOptions = {
  readonly stdin: Readable;
  readonly stdout: Writable & {readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number};
  /** Ends it with 'ended'. */
  readonly signal?: AbortSignal;
  readonly env?: Environment;
};

/** For the moment before the terminal has said its own. */
const USUAL_SIZE = {columns: 80, rows: 24};

/**
 * Shows a session in the terminal: inline, where log lines go to the terminal's own scrollback and a strip below them stays
 * in place, or on the whole screen. Resolves once the terminal is as it was. Listens from the moment it is called.
 */
export async function runDevScreen(session: DevSession, options: ScreenOptions): Promise<DevOutcome> {
  const {stdin, stdout, signal, env = process.env} = options;
  const {columns = USUAL_SIZE.columns, rows = USUAL_SIZE.rows} = stdout;
  const feed = createDevFeed({apps: session.apps, size: {columns, rows}, perform: effect => perform(effect)});
  const {outcome, end} = followSession(session, {signal, streams: [stdin, stdout]}, feed.push);
  const perform = createDevEffects({session, feed, leave: end});
  const style = styleFor(stdout, env);
  const terminal = openTerminal({
    stdin,
    stdout,
    title: `tako | ${session.apps.join(', ')}`,
    ...(breaksRowsAnew(env) && {
      frame: columns => renderToString(<Strip state={feed.view()} notes={session.notes} style={style} />, {columns}),
    }),
  });
  const ink = render(<DevRoot {...{terminal, feed, style}} requests={session.requests} notes={session.notes} />, {
    stdin,
    stdout,
    exitOnCtrlC: false,
    patchConsole: false,
    // The caller has decided that there is a terminal, also where Ink believes to be in CI.
    interactive: true,
  });
  // Settles early only when the screen itself fails.
  const left = ink.waitUntilExit();
  try {
    return await Promise.race([outcome, left.then(() => outcome)]);
  } finally {
    end('ended');
    await terminal.switchScreen('main');
    feed.close();
    // An empty screen has no frame that could still be on its way when it is cleared.
    ink.rerender(null);
    await ink.waitUntilRenderFlush();
    ink.clear();
    ink.unmount();
    await left.catch(() => undefined);
    terminal.close();
  }
}

/** Most terminals break the rows that they have when they are made narrower. XTerm and the console of Linux cut them off. */
const breaksRowsAnew = ({TERM, XTERM_VERSION}: Environment): boolean => TERM !== 'linux' && XTERM_VERSION === undefined;
