import type {Readable, Writable} from 'node:stream';
import {render} from 'ink';
import {DevStrip} from './components/dev-strip.js';
import {createDevFeed} from './dev-feed.js';
import type {DevOutcome, DevSession} from './dev-session.js';
import {followSession} from './follow-session.js';
import {type Environment, styleFor} from './style.js';
import {openTerminal} from './terminal.js';

export type ScreenOptions = {
  readonly stdin: Readable;
  readonly stdout: Writable & {readonly isTTY?: boolean};
  /** Ends it with 'ended'. */
  readonly signal?: AbortSignal;
  readonly env?: Environment;
};

/**
 * Shows a session in the terminal, inline: log lines go to the terminal's own scrollback, a strip below them stays in
 * place. Resolves once the terminal is as it was. Listens from the moment it is called.
 */
export async function runDevScreen(session: DevSession, options: ScreenOptions): Promise<DevOutcome> {
  const {stdin, stdout, signal, env = process.env} = options;
  const feed = createDevFeed();
  const {outcome, end} = followSession(session, {signal, streams: [stdin, stdout]}, feed.push);
  const style = styleFor(stdout, env);
  const terminal = openTerminal({stdin, stdout, title: `tako | ${session.apps.join(', ')}`});
  const ink = render(<DevStrip terminal={terminal} session={session} feed={feed} style={style} leave={end} />, {
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
