import {useStdout} from 'ink';
import {useEffect} from 'react';
import {type Feed, FRAME_MS} from '../feed.js';
import type {Terminal} from '../terminal.js';

export type Printed = {
  /** What to write now. A line may have newlines in it. */
  readonly lines: readonly string[];
  /** Whether something is held back, which is asked for again although nothing new has come. */
  readonly isWaiting: boolean;
};

export type PrintLines<Line> = (
  lines: readonly Line[],
  when: {readonly now: number; readonly isLast: boolean},
) => Printed;

/**
 * Writes the feed's lines above the strip, into the terminal's own scrollback. While that is paused, or somebody else has
 * the terminal, they wait in the feed.
 * Not through `<Static>`: that lays out every line, 173 ms for 500 of them against 1 ms here, and breaks them itself, so
 * that a long line is no longer one line to the terminal's selection and search. `print` has to stay the same function
 * from frame to frame.
 */
export function usePrintedLines<Line>(
  feed: Pick<Feed<never, unknown, Line>, 'subscribe' | 'takeLines' | 'isClosed'>,
  print: PrintLines<Line>,
  terminal: Pick<Terminal, 'isAway' | 'subscribe'>,
  isPaused = false,
): void {
  const {write} = useStdout();
  useEffect(() => {
    if (isPaused) return;
    let timer: NodeJS.Timeout | undefined;
    const printFrame = (): void => {
      clearTimeout(timer);
      if (terminal.isAway()) return;
      const {lines, isWaiting} = print(feed.takeLines(), {now: Date.now(), isLast: feed.isClosed()});
      if (lines.length > 0) write(lines.map(line => `${line}\n`).join(''));
      timer = isWaiting ? setTimeout(printFrame, FRAME_MS) : undefined;
    };
    printFrame();
    const unsubscribe = [feed.subscribe(printFrame), terminal.subscribe(printFrame)];
    return () => {
      clearTimeout(timer);
      for (const end of unsubscribe) end();
    };
  }, [feed, print, terminal, write, isPaused]);
}
