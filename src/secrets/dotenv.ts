// Variables as .env files have them: NAME=value, with quotes for what has spaces, comments or several lines.
//
//   export NAME=value        # a comment behind a space
//   QUOTED="two\nlines"      \n, \r, \t, \", \$ and \\ are read as in a string
//   LITERAL='as it is'       nothing is read in it; `backquotes` are the same
//
// Quoted values may go over several lines. Nothing is expanded.

import {TakoError} from '../system/error.js';

export type DotenvEntry = {readonly name: string; readonly value: string; readonly line: number};

const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*=[ \t]*/;
const BLANK = /^[ \t]*(?:#[^\n]*)?(?:\n|$)/;
const QUOTED = /^(?:"([^"\\]*(?:\\[\s\S][^"\\]*)*)"|'([^']*)'|`([^`]*)`)[ \t]*(?:#[^\n]*)?(?:\n|$)/;
const PLAIN = /^([^\n]*)(?:\n|$)/;

/** What is given last for a name counts. Throws DOTENV_INVALID with the line, and never with what stands there. */
export function parseDotenv(text: string): readonly DotenvEntry[] {
  const entries = new Map<string, DotenvEntry>();
  const whole = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  let rest = whole;
  const take = (match: RegExpExecArray): RegExpExecArray => {
    rest = rest.slice(match[0].length);
    return match;
  };
  while (rest !== '') {
    const line = lineOf(whole, rest);
    const blank = BLANK.exec(rest);
    if (blank) {
      take(blank);
      continue;
    }
    const assignment = ASSIGNMENT.exec(rest);
    if (!assignment) throw invalid(line, 'expected NAME=value');
    const [, name = ''] = take(assignment);
    entries.set(name, {name, value: takeValue(line), line});
  }
  return [...entries.values()];

  function takeValue(line: number): string {
    if (!/^["'`]/.test(rest)) return plainValue(take(PLAIN.exec(rest) as RegExpExecArray)[1] ?? '');
    const quoted = QUOTED.exec(rest);
    if (!quoted) throw invalid(line, 'the quotes are not closed, or something follows them');
    const [, double, single, back] = take(quoted);
    return double === undefined ? (single ?? back ?? '') : unescapeText(double);
  }
}

const plainValue = (text: string): string => text.replace(/(?:^|[ \t]+)#.*$/, '').trim();

const ESCAPES: Readonly<Record<string, string>> = {n: '\n', r: '\r', t: '\t'};
/** A backslash before anything else is one. */
const unescapeText = (text: string): string =>
  text.replace(/\\([nrt"$\\])/g, (_, character: string) => ESCAPES[character] ?? character);

const lineOf = (whole: string, rest: string): number => whole.slice(0, whole.length - rest.length).split('\n').length;

const invalid = (line: number, problem: string): TakoError =>
  new TakoError('DOTENV_INVALID', `line ${line}: ${problem}`, {hint: 'nothing was changed'});

/** What `parseDotenv` reads as the same, one variable after the other. */
export const renderDotenv = (values: Readonly<Record<string, string>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${renderValue(value)}\n`)
    .join('');

function renderValue(value: string): string {
  if (/^[\w%+,./:=@^~-]*$/.test(value)) return value;
  // Several lines stay readable where nothing speaks against it.
  if (!/['\r]/.test(value)) return `'${value}'`;
  return `"${value
    .replace(/["$\\]/g, '\\$&')
    .replaceAll('\r', '\\r')
    .replaceAll('\n', '\\n')}"`;
}
