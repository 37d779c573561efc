import {useStdout} from 'ink';
import {useEffect} from 'react';
import type {Feed} from '../feed.js';

/**
 * Writes the feed's lines above the strip, into the terminal's own scrollback. Not through `<Static>`: that lays out every
 * line, 173 ms for 500 of them against 1 ms here, and breaks them itself, so that a long line is no longer
 * one line to the terminal's selection and search. `render` has to stay the same function.
 */
export function usePrintedLines<Line>(
  feed: Pick<Feed<never, unknown, Line>, 'subscribe' | 'takeLines'>,
  render: (line: Line) => string,
): void {
  const {write} = useStdout();
  useEffect(() => {
    const print = (): void => {
      const lines = feed.takeLines();
      if (lines.length > 0) write(lines.map(line => `${render(line)}\n`).join(''));
    };
    print();
    return feed.subscribe(print);
  }, [feed, render, write]);
}
