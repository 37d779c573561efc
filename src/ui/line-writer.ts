import type {Writable} from 'node:stream';

/** What may wait for a reader that is slower than the app. */
export const MAX_UNREAD_BYTES = 1024 * 1024;

export type LineWriter = {
  write(line: string): void;
  /** As `write`, but counts the line instead when too much is waiting already. */
  writeLog(line: string): void;
};

/** Writes lines to a stream. Once it is read again, `renderSkipped` says what was left out. */
export function createLineWriter(stream: Writable, renderSkipped: (count: number) => string): LineWriter {
  let skipped = 0;
  const write = (line: string): void => void stream.write(`${line}\n`);
  const saySkipped = (): void => {
    write(renderSkipped(skipped));
    skipped = 0;
  };
  return {
    write,
    writeLog: line => {
      const isBehind = stream.writableNeedDrain && stream.writableLength > MAX_UNREAD_BYTES;
      if (!isBehind && skipped === 0) return write(line);
      if (skipped === 0) stream.once('drain', saySkipped);
      skipped++;
    },
  };
}
