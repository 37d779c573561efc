import {lastLine, type Rule} from '../rule.js';

/** The app says itself that its memory ran out. A kill from outside says nothing, and is told apart in outcomes.ts. */
const outOfMemory: Rule = {
  id: 'out-of-memory',
  code: 'APP_OUT_OF_MEMORY',
  find: lastLine(
    /\b(?<javascript>JavaScript) heap out of memory\b/,
    /^MemoryError\b/,
    /\bjava\.lang\.OutOfMemoryError\b/,
    /^fatal error: runtime: out of memory\b/,
    /^memory allocation of \d+ bytes failed\b/,
  ),
  cause: () => 'it ran out of memory',
  hint: ({javascript}) =>
    javascript === undefined
      ? 'find what takes so much memory, or give it more'
      : 'NODE_OPTIONS=--max-old-space-size=4096 allows it 4 GiB; if that is not enough, something grows without end',
};

export const MEMORY_RULES: readonly Rule[] = [outOfMemory];
