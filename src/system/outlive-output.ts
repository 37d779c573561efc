/**
 * Has a program that runs for long go on when nobody reads what it writes any more, or the disk with its log is full: what
 * it says is lost then. Otherwise each failed write is an uncaught error, and one that is told by another write never ends.
 */
export function outliveOutput(...streams: readonly NodeJS.WriteStream[]): void {
  for (const stream of streams) stream.on('error', () => {});
}
