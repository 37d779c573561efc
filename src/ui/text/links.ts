import type {Environment} from '../style.js';
import {hashOf} from './hash.js';
import type {Span, Spans} from './spans.js';

/** What the link of a line may be, in characters (the specification's own example of a limit). */
const MAX_URL = 2_083;
/** Only addresses of the web; of others, such as `file:`, a terminal might run what they name. */
const URL_PATTERN = /\bhttps?:\/\/[\w.~:/?#[\]@!$&'()*+,;=%-]+/g;
/** More than one reads of a line. */
const MAX_LINKS = 50;

/** Makes links of the addresses in a line, also where their parts look different. */
export function withLinks(line: Spans): Spans {
  const text = line.map(span => span.text).join('');
  if (!text.includes('://')) return line;
  const links = [...text.matchAll(URL_PATTERN)].flatMap(({0: found, index}) => {
    if (found.length > MAX_URL) return [];
    const link = withoutSentence(found);
    return [{from: index, to: index + link.length, link}];
  });
  return links
    .slice(0, MAX_LINKS)
    .reduce((spans, {from, to, link}) => changeRange(spans, from, to, span => ({...span, link})), line);
}

/** Without what stands behind an address in a sentence: its end, and a bracket that was opened before. */
function withoutSentence(url: string): string {
  const shorter = url.replace(/[.,:;!?']+$/, '');
  const [open, close] = shorter.endsWith(')') ? ['(', ')'] : ['[', ']'];
  const isOpened = shorter.split(open).length >= shorter.split(close).length;
  if (isOpened || !shorter.endsWith(close)) return shorter;
  return withoutSentence(shorter.slice(0, -1));
}

/** Changes the characters from one place of a line to another. */
export function changeRange(line: Spans, from: number, to: number, change: (span: Span) => Span): Spans {
  let start = 0;
  return line.flatMap(span => {
    const [first, last] = [from - start, to - start].map(place => Math.min(Math.max(place, 0), span.text.length));
    start += span.text.length;
    if (first === last) return [span];
    const part = (begin?: number, end?: number): Span => ({...span, text: span.text.slice(begin, end)});
    return [part(0, first), change(part(first, last)), part(last)].filter(({text}) => text !== '');
  });
}

/** OSC 8, as in gist.github.com/egmontkob/eb114294efbcd5adb1944c9f3cb5feda. The id joins the parts of a link that goes on in the next row. */
export const openLink = (url: string): string => `\x1b]8;id=${hashOf(url).toString(36)};${url}\x1b\\`;
export const CLOSE_LINK = '\x1b]8;;\x1b\\';

/** Whether the terminal shows links; what does not know them may show them as text. FORCE_HYPERLINK decides, if it is there. */
export function hasLinks(stream: {readonly isTTY?: boolean}, env: Environment): boolean {
  if (env.FORCE_HYPERLINK !== undefined) return env.FORCE_HYPERLINK !== '0';
  if (stream.isTTY !== true || env.TERM === 'dumb' || env.CI !== undefined) return false;
  if (env.TERM_PROGRAM !== undefined) return isAtLeastVersion(env.TERM_PROGRAM_VERSION, SINCE.get(env.TERM_PROGRAM));
  if (env.WT_SESSION !== undefined || env.KONSOLE_VERSION !== undefined || env.DOMTERM !== undefined) return true;
  // 0.50.0 crashes of them.
  if (env.VTE_VERSION !== undefined) return Number(env.VTE_VERSION) > 5000;
  return ['xterm-kitty', 'xterm-ghostty', 'alacritty', 'foot'].includes(env.TERM ?? '');
}

/** The first version of a terminal that shows links. tmux keeps those that the terminal around it does not know to itself. */
const SINCE: ReadonlyMap<string, readonly number[]> = new Map([
  ['iTerm.app', [3, 1]],
  ['WezTerm', [2020, 6]],
  ['vscode', [1, 72]],
  ['ghostty', [1, 0]],
  ['zed', [0, 0]],
  ['Hyper', [2, 0]],
  ['rio', [0, 0]],
  ['tmux', [3, 4]],
]);

/** Versions such as `3.4a` and `20240203-110809`. */
function isAtLeastVersion(version = '', least: readonly number[] | undefined): boolean {
  if (!least) return false;
  const [major = 0, minor = 0] = (/^(\d{4})(\d{2})\d{2}/.exec(version)?.slice(1) ?? version.split('.')).map(parse);
  const [leastMajor = 0, leastMinor = 0] = least;
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}

const parse = (part: string): number => Number.parseInt(part, 10) || 0;
