/** One word for a POSIX shell: what comes out of it is exactly `word`. NUL, which no argument can have, is refused. */
export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new RangeError('an argument cannot hold a NUL');
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** A command line for a POSIX shell that runs these words as they are. */
export const quoteCommand = (words: readonly string[]): string => words.map(quoteWord).join(' ');
