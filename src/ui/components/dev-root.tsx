import {useInput, usePaste, useStdout, useWindowSize} from 'ink';
import {type ReactNode, useCallback, useEffect, useMemo, useRef} from 'react';
import type {DevFeed} from '../dev-feed.js';
import type {RequestSource} from '../dev-session.js';
import {useFeedView} from '../hooks/use-feed-view.js';
import {useFollowedRequests} from '../hooks/use-followed-requests.js';
import {type PrintLines, usePrintedLines} from '../hooks/use-printed-lines.js';
import {useSameFields} from '../hooks/use-same-fields.js';
import {useTerminal} from '../hooks/use-terminal.js';
import {keysOf} from '../keys/typed-keys.js';
import type {LogEntry} from '../log/log-entry.js';
import {createLogPrinter} from '../log/log-printer.js';
import {printViewOf} from '../screen/log-pane.js';
import type {ScreenState} from '../screen/screen-state.js';
import type {Style} from '../style.js';
import type {Terminal, TerminalScreen} from '../terminal.js';
import {Dashboard} from './dashboard/dashboard.js';
import {Strip} from './strip/strip.js';

export type DevRootProps = {
  readonly terminal: Terminal;
  readonly feed: DevFeed;
  readonly requests: RequestSource;
  readonly notes: readonly string[];
  readonly style: Style;
};

/** Draws what the terminal shows, and tells the feed what is typed. */
export function DevRoot({terminal, feed, requests, notes, style}: DevRootProps): ReactNode {
  const state = useScreenState(feed);
  const drawn = useTerminal(terminal);
  const isOnWholeScreen = state.layout.screen === 'dashboard';
  useEffect(() => void terminal.switchScreen(isOnWholeScreen ? 'alternate' : 'main'), [terminal, isOnWholeScreen]);
  useKeys(feed);
  useClock(feed);
  useFollowedRequests(feed, requests, isOnWholeScreen);
  useScrollback(feed, style, terminal, drawn === 'alternate' || state.reading.pausedAfter !== null);
  useClearedScreen(state.reading.clears, drawn);
  if (drawn === 'main') return <Strip {...{state, notes, style}} />;
  // While it is being left, nothing of it is to be seen any more.
  return isOnWholeScreen && <Dashboard state={state} style={style} />;
}

/** What is drawn fits the window also in the frame before the feed has heard of its size. */
function useScreenState(feed: DevFeed): ScreenState {
  const {columns, rows} = useWindowSize();
  const state = useFeedView(feed);
  useEffect(() => feed.push({type: 'resized', size: {columns, rows}}), [feed, columns, rows]);
  return useMemo(() => ({...state, layout: {...state.layout, size: {columns, rows}}}), [state, columns, rows]);
}

const TICK_MS = 1_000;

function useClock(feed: DevFeed): void {
  useEffect(() => {
    const timer = setInterval(() => feed.push({type: 'clock', now: Date.now()}), TICK_MS);
    return () => clearInterval(timer);
  }, [feed]);
}

/** Answers come at once, not with the next frame. */
function useKeys(feed: DevFeed): void {
  useInput((input, typed) => {
    for (const key of keysOf(input, typed)) feed.push({type: 'key', key});
    feed.flush();
  });
  usePaste(text => {
    feed.push({type: 'pasted', text});
    feed.flush();
  });
}

/** While it is paused, the lines wait in the feed, which keeps the newest of them and counts the others. */
function useScrollback(feed: DevFeed, style: Style, terminal: Terminal, isPaused: boolean): void {
  const view = useSameFields(printViewOf(feed.view(), style));
  const printer = useMemo(createLogPrinter, []);
  const print = useCallback<PrintLines<LogEntry>>((lines, when) => printer.print(lines, view, when), [printer, view]);
  usePrintedLines(feed, print, terminal, isPaused);
}

/** To the first cell, then erases the window and the scrollback: XTerm's 3J beside ECMA-48's 2J. */
const CLEAR = '\x1b[H\x1b[2J\x1b[3J';

function useClearedScreen(clears: number, drawn: TerminalScreen): void {
  const {write} = useStdout();
  const done = useRef(clears);
  useEffect(() => {
    if (done.current === clears) return;
    done.current = clears;
    if (drawn === 'main') write(CLEAR);
  }, [clears, drawn, write]);
}
