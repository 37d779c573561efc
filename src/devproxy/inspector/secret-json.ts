// Secrets in JSON, found by their names without parsing it: what is kept of a body may end anywhere, may be one of several
// documents, and may have JSON inside of its strings. Quotes inside of strings have a backslash in front, those one level
// further inside three, and so on: the quotes of a name say on which level its value ends.

import type {Place} from './secret-names.js';
import {MASK, type SecretWalk} from './secret-text.js';

/** A name, its quotes with up to three levels of backslashes, and the colon behind it. */
const NAME = /(\\{0,7})"((?:[^"\\]|\\{1,8}u[0-9a-f]{4}){1,128})\1"(\s{0,64}:\s{0,64})/gi;
const ESCAPED = /\\+u([0-9a-f]{4})/gi;
const NUMBER = /-?\d[\d.eE+-]*/y;

export function walkJson(text: string, place: Place, {names, visit}: SecretWalk): string {
  const parts: string[] = [];
  let from = 0;
  NAME.lastIndex = 0;
  for (let match = NAME.exec(text); match !== null; match = NAME.exec(text)) {
    const [, slashes = '', name = ''] = match;
    const start = NAME.lastIndex;
    // The second quote may be the first one of the name that follows.
    NAME.lastIndex = match.index + slashes.length + 1;
    const plainName = name.replace(ESCAPED, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
    if (!names.has(place, plainName)) continue;
    const end = endOfValue(text, start, slashes.length);
    if (end === start) continue;
    const quote = `${slashes}"`;
    parts.push(text.slice(from, start), visit(`${place} ${plainName}`, text.slice(start, end), quote + MASK + quote));
    from = end;
    NAME.lastIndex = end;
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(from);
}

/** Where a value ends that can be a secret; where it starts for what is none: `true`, `false`, `null`, and nothing. */
function endOfValue(text: string, start: number, slashes: number): number {
  const first = text[start + (text[start] === '\\' ? slashes : 0)];
  if (first === '"') return endOfString(text, start + slashes + 1, slashes);
  if (first === '{' || first === '[') return endOfContainer(text, start, slashes);
  NUMBER.lastIndex = start;
  return NUMBER.test(text) ? NUMBER.lastIndex : start;
}

/** Behind the quote that ends a string on that level, or at the end of the text. */
function endOfString(text: string, start: number, slashes: number): number {
  for (let quote = text.indexOf('"', start); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let run = 0;
    while (quote - run > start && text[quote - run - 1] === '\\') run++;
    if (run % (2 * (slashes + 1)) === slashes) return quote + 1;
  }
  return text.length;
}

/** Behind the bracket that ends what begins at `start`, or at the end of the text. */
function endOfContainer(text: string, start: number, slashes: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at + 1, slashes) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if ((character === '}' || character === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}
