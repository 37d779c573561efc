import type {Command, Named} from '../../config/config.js';
import {isCommand} from '../../config/value.js';

/** A command as a shell would see it, where the shell would do nothing but split it. */
export type SimpleLine = {readonly variables: Named<string>; readonly words: Command};

/**
 * Splits a line into words and the variables in front of them. Undefined: it needs a shell, for `&&`, `$VAR`, `*` and the
 * like. Programs that only run another one (`exec`, `npx`, `cross-env`) are left out.
 */
export function parseSimpleLine(line: string): SimpleLine | undefined {
  const words = splitWords(line);
  return words && withoutPreamble(words, {});
}

const QUOTED = /'([^']*)'|"([^"$`\\]*)"|([^\s'"|&;<>()$`\\*?[\]{}~#!]+)/y;

function splitWords(line: string): readonly string[] | undefined {
  const words: string[] = [];
  let at = 0;
  while (at < line.length) {
    const space = /\s*/y;
    space.lastIndex = at;
    at += space.exec(line)?.[0].length ?? 0;
    if (at >= line.length) break;
    const word = readWord(line, at);
    if (!word) return undefined;
    words.push(word.text);
    at = word.end;
  }
  return words;
}

/** Pieces that touch are one word: `a"b c"`. */
function readWord(line: string, start: number): {readonly text: string; readonly end: number} | undefined {
  let text = '';
  let end = start;
  while (end < line.length && !/\s/.test(line.charAt(end))) {
    QUOTED.lastIndex = end;
    const match = QUOTED.exec(line);
    if (!match) return undefined;
    text += match[1] ?? match[2] ?? match[3] ?? '';
    end = QUOTED.lastIndex;
  }
  return {text, end};
}

/** `cross-env` and `env` take variables; `npx` runs what is installed. */
const RUNS_ANOTHER: ReadonlySet<string> = new Set(['exec', 'npx', 'pnpx', 'bunx', 'cross-env', 'env', 'time']);

function withoutPreamble(words: readonly string[], variables: Named<string>): SimpleLine | undefined {
  const [first = '', ...rest] = words;
  const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/s.exec(first) ?? [];
  if (name !== undefined) return withoutPreamble(rest, {...variables, [name]: value});
  if (RUNS_ANOTHER.has(first) && rest.length > 0 && !rest[0]?.startsWith('-')) return withoutPreamble(rest, variables);
  return isCommand(words) ? {variables, words} : undefined;
}
