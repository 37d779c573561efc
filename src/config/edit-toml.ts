// Changes single values in the text of a TOML file. Every byte but those of the value stays as it is: comments, order,
// spaces and ends of lines.

import {isDeepStrictEqual} from 'node:util';
import {type AST, parseTOML} from 'toml-eslint-parser';
import {isTable, parseToml, type TomlTable} from './toml.js';

/**
 * The text with that string at that path, in a table that is there or in a new one at its end. Undefined: it is no TOML, or
 * there is no place where it would say this and nothing else.
 */
export function setTomlText(text: string, path: readonly string[], value: string): string | undefined {
  const before = parseToml(text);
  if (!before.ok) return undefined;
  const wanted = withValue(before.document.value, path, value);
  return editsOf(text, path, quoteToml(value)).find(edited => {
    const after = parseToml(edited);
    return after.ok && isDeepStrictEqual(after.document.value, wanted);
  });
}

/** A basic string of TOML: JSON's escapes are among its own, but it also wants DEL escaped. */
export const quoteToml = (value: string): string => JSON.stringify(value).replaceAll('\x7f', '\\u007f');

function withValue(table: TomlTable, [key = '', ...rest]: readonly string[], value: string): TomlTable {
  const inner = table[key];
  const own = rest.length === 0 ? value : withValue(isTable(inner) ? inner : EMPTY, rest, value);
  return Object.assign(Object.create(null), table, {[key]: own});
}

const EMPTY: TomlTable = Object.create(null);

/** What may be what is asked for, best first. */
function editsOf(text: string, path: readonly string[], quoted: string): readonly string[] {
  const mark = text.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
  const bare = text.slice(mark.length);
  const items = parseTOML(bare, {tomlVersion: '1.0'}).body[0].body;
  const written = findPair(items, path);
  if (written) return [mark + replace(bare, written.value.range, quoted)];
  const table = path.slice(0, -1);
  const line = `${keyText(path.slice(-1))} = ${quoted}`;
  return [
    ...findPlaces(items, table).map(place => mark + insertLine(bare, place, line)),
    mark + appendTable(bare, table, line),
  ];
}

const BYTE_ORDER_MARK = '\uFEFF';

type Item = AST.TOMLKeyValue | AST.TOMLTable;

function findPair(items: readonly Item[], path: readonly string[]): AST.TOMLKeyValue | undefined {
  for (const item of items) {
    const found =
      item.type === 'TOMLTable' ? findInTable(item, path) : isBelow(path, namesOf(item)) && findInPair(item, path);
    if (found) return found;
  }
  return undefined;
}

const findInTable = ({resolvedKey, body}: AST.TOMLTable, path: readonly string[]): AST.TOMLKeyValue | undefined =>
  isBelow(path, resolvedKey) ? findPair(body, path.slice(resolvedKey.length)) : undefined;

function findInPair(pair: AST.TOMLKeyValue, path: readonly string[]): AST.TOMLKeyValue | undefined {
  const rest = path.slice(namesOf(pair).length);
  if (rest.length === 0) return pair;
  return pair.value.type === 'TOMLInlineTable' ? findPair(pair.value.body, rest) : undefined;
}

const isBelow = (path: readonly string[], start: readonly (string | number)[]): boolean =>
  start.every((step, index) => path[index] === step);

const namesOf = ({key}: AST.TOMLKeyValue): readonly string[] =>
  key.keys.map(part => (part.type === 'TOMLBare' ? part.name : part.value));

/** Where a line of a table may stand: behind what it has already. */
function findPlaces(items: readonly Item[], table: readonly string[]): readonly Place[] {
  if (table.length === 0) {
    const last = items.findLast(item => item.type === 'TOMLKeyValue');
    return [last ? {after: last} : 'start'];
  }
  const headed = items.findLast(
    (item): item is AST.TOMLTable => item.type === 'TOMLTable' && isDeepStrictEqual(item.resolvedKey, table),
  );
  return headed ? [{after: headed.body.at(-1) ?? headed}] : [];
}

type Place = 'start' | {readonly after: Item};

function insertLine(text: string, place: Place, line: string): string {
  const newline = newlineOf(text);
  if (place === 'start') return `${line}${newline}${text}`;
  const {range} = place.after;
  const isHeader = place.after.type === 'TOMLTable';
  const indent = isHeader ? '' : indentAt(text, range[0]);
  // The header's own range ends with its last pair; here it has none.
  const end = text.indexOf('\n', range[1]);
  return end === -1
    ? `${text}${newline}${indent}${line}${newline}`
    : `${text.slice(0, end + 1)}${indent}${line}${newline}${text.slice(end + 1)}`;
}

const indentAt = (text: string, offset: number): string =>
  /^[ \t]*$/.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset))?.[0] ?? '';

function appendTable(text: string, table: readonly string[], line: string): string {
  const newline = newlineOf(text);
  const gap = text === '' ? '' : text.endsWith('\n') ? newline : newline + newline;
  return `${text}${gap}[${keyText(table)}]${newline}${line}${newline}`;
}

const newlineOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

const keyText = (path: readonly string[]): string =>
  path.map(name => (/^[\w-]+$/.test(name) ? name : quoteToml(name))).join('.');

const replace = (text: string, [start, end]: readonly [number, number], part: string): string =>
  text.slice(0, start) + part + text.slice(end);
