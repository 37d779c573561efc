import type {AppEvent} from '../control/events.js';
import type {LogBuffer, LogLine} from '../supervisor/log-buffer.js';
import type {Apps} from './apps.js';

export type CursorOptions = {
  readonly name: string;
  /** The id of the last line that is known. */
  readonly after: number;
  /** Where no line is known: only those from then on, in milliseconds since the epoch. */
  readonly since?: number;
  readonly withStatus: boolean;
  readonly withLogs?: boolean;
  /** Called when there may be something to read. */
  readonly onChange: () => void;
};

/** Reads what has become of an app, piece by piece: it holds nothing but how far it has come. */
export type AppCursor = {
  /** What is new since the last reading; `isOver`: the app is removed, and this was the last of it. */
  read(): {readonly events: readonly AppEvent[]; readonly isOver: boolean};
  close(): void;
};

type ReadApps = Pick<Apps, 'has' | 'status' | 'logs'>;

/** It hears of lines by itself; that something else of the app has changed is for the caller to hear. */
export function createAppCursor(apps: ReadApps, options: CursorOptions): AppCursor {
  const {name, since = 0, withStatus, withLogs = true, onChange} = options;
  const logs = apps.logs(name);
  const unsubscribe = withLogs ? logs.subscribe(onChange) : () => undefined;
  let after = placeIn(logs, options.after);
  let lastStatus = '';

  function readStatus(): AppEvent[] {
    const status = apps.status(name);
    const text = JSON.stringify(status);
    if (text === lastStatus) return [];
    lastStatus = text;
    return [{type: 'status', status}];
  }

  function readLines(): AppEvent[] {
    const isFirst = after === 0;
    const {lines} = logs.since(after);
    const skipped = (lines[0]?.id ?? after + 1) - after - 1;
    after = lines.at(-1)?.id ?? after;
    return [
      ...(skipped > 0 && !isFirst ? [{type: 'skipped', app: name, count: skipped} as const] : []),
      ...(isFirst ? lines.filter(({time}) => time >= since) : lines).map(toEvent),
    ];
  }

  const toEvent = (line: LogLine): AppEvent => ({type: 'log', app: name, line});

  return {
    read() {
      // Looked at before the log is: what was said until then is still read. One of that name with another log is another app.
      const isOver = !apps.has(name) || apps.logs(name) !== logs;
      return {
        events: [...(withStatus && !isOver ? readStatus() : []), ...(withLogs ? readLines() : [])],
        isOver,
      };
    },
    close: unsubscribe,
  };
}

/** Behind that line, of those that a log in memory can have; 0 where the line is of another log. */
function placeIn({firstId, lastId}: LogBuffer, after: number): number {
  if (after === 0 || after > lastId) return 0;
  return Math.max(after, firstId - 1);
}
