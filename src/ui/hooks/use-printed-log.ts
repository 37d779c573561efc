import {useStdout} from 'ink';
import {useEffect} from 'react';
import {createAppHeads} from '../app-heads.js';
import type {DevFeed} from '../dev-feed.js';
import {renderEntry} from '../log-entry.js';
import type {Style} from '../style.js';

/**
 * Writes the feed's lines above the strip, into the terminal's own scrollback. Not through `<Static>`: that lays out every
 * line, 173 ms for 500 of them against 1 ms here, and breaks them itself, so that a long line is no longer
 * one line to the terminal's selection and search.
 */
export function usePrintedLog(feed: DevFeed, apps: readonly string[], style: Style): void {
  const {write} = useStdout();
  useEffect(() => {
    const headOf = createAppHeads(apps, style);
    const print = (): void => {
      const entries = feed.takeLines();
      if (entries.length > 0) write(entries.map(entry => `${renderEntry(entry, style, headOf(entry.app))}\n`).join(''));
    };
    print();
    return feed.subscribe(print);
  }, [feed, apps, style, write]);
}
