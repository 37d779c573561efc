import {createAppHeads} from '../app-heads.js';
import type {Printed} from '../hooks/use-printed-lines.js';
import {type LogEntry, renderEntry} from './log-entry.js';
import type {LogView} from './log-view.js';

/** Turns the log into lines of the terminal's scrollback, where what is written once is never changed. */
export type LogPrinter = {
  /**
   * The lines to write below those before. Some wait for a later call: of a trace that may go on, of what is repeated. With
   * `isLast` none does. `now` is in milliseconds since the epoch.
   */
  print(entries: readonly LogEntry[], view: LogView, when: {readonly now: number; readonly isLast: boolean}): Printed;
};

export function createLogPrinter(): LogPrinter {
  return {
    print(entries, view) {
      const headOf = createAppHeads(view.apps, view.style);
      return {lines: entries.map(entry => renderEntry(entry, view.style, headOf(entry.app))), isWaiting: false};
    },
  };
}
