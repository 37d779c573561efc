import type {Writable} from 'node:stream';

/** What may wait for a reader that is slower than the app. */
export const MAX_UNREAD_BYTES = 1024 * 1024;

export type LineWriter = {
  write(line: string): void;
  /** As `write`, but counts the line, which is the app's, instead when too much is waiting already. */
  writeLog(app: string, line: string): void;
};

/** Writes lines to a stream. Once it is read again, `renderSkipped` says how many of each app were left out. */
export function createLineWriter(stream: Writable, renderSkipped: (app: string, count: number) => string): LineWriter {
  const skipped = new Map<string, number>();
  const write = (line: string): void => void stream.write(`${line}\n`);
  const saySkipped = (): void => {
    for (const [app, count] of skipped) write(renderSkipped(app, count));
    skipped.clear();
  };
  return {
    write,
    writeLog: (app, line) => {
      const isBehind = stream.writableNeedDrain && stream.writableLength > MAX_UNREAD_BYTES;
      if (!isBehind && skipped.size === 0) return write(line);
      if (skipped.size === 0) stream.once('drain', saySkipped);
      skipped.set(app, (skipped.get(app) ?? 0) + 1);
    },
  };
}
