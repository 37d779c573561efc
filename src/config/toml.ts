import {type AST, ParseError, parseTOML} from 'toml-eslint-parser';

/** A value as TOML has it. Whole numbers beyond what a number holds exactly are bigints. */
export type TomlValue = string | number | bigint | boolean | TomlDateTime | readonly TomlValue[] | TomlTable;

/** Without a prototype, so that no key of a file (`__proto__`, `constructor`) means anything to JavaScript. */
export type TomlTable = {readonly [key: string]: TomlValue};

/** Any of the four date and time types of TOML, as it was written. */
export class TomlDateTime {
  constructor(readonly text: string) {}
}

export type KeyPath = readonly (string | number)[];

/** A place in a file, both counted from 1. */
export type Position = {readonly line: number; readonly column: number};

export type TomlDocument = {
  readonly value: TomlTable;
  /** Where the key was written; for a key that is not in the file, the nearest table around it. */
  locate(path: KeyPath): Position;
};

export type ParsedToml =
  | {readonly ok: true; readonly document: TomlDocument}
  | {readonly ok: false; readonly position: Position; readonly message: string};

/** Reads TOML 1.0. Answers for any text: what cannot be read is a message with its place, never a throw. */
export function parseToml(text: string): ParsedToml {
  try {
    return {ok: true, document: readProgram(parseTOML(withoutByteOrderMark(text), {tomlVersion: '1.0'}))};
  } catch (error) {
    if (error instanceof ParseError) return syntaxProblem(error);
    // Parser and reader recurse with the nesting of arrays and inline tables, so the stack is the limit.
    if (error instanceof RangeError) return {ok: false, position: START, message: 'nested too deeply to be read'};
    throw error;
  }
}

export function isTable(value: unknown): value is TomlTable {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof TomlDateTime);
}

/** A table's own values, and the tables in it: for tables in which both kinds of key have their meaning. */
export function splitTable(input: TomlTable): {readonly values: TomlTable; readonly tables: TomlTable} {
  const values = createTable();
  const tables = createTable();
  for (const [key, value] of Object.entries(input)) {
    if (isTable(value)) tables[key] = value;
    else values[key] = value;
  }
  return {values, tables};
}

type MutableTable = {[key: string]: TomlValue};
type Container = MutableTable | TomlValue[];

/** A container under construction, with the places of what is in it. */
type Node = {readonly container: Container; readonly place: Place};
type Place = {readonly position: Position; readonly inner: Map<string | number, Place>};

const START: Position = {line: 1, column: 1};

function readProgram(program: AST.TOMLProgram): TomlDocument {
  const value = createTable();
  const place = createPlace(START);
  for (const item of program.body[0].body) {
    const root = {container: value, place};
    if (item.type === 'TOMLKeyValue') readPair(root, item);
    else readHeadedTable(root, item);
  }
  return {value, locate: path => locate(place, path)};
}

function readHeadedTable(root: Node, {key, resolvedKey, body}: AST.TOMLTable): void {
  const names = key.keys.values();
  let position = positionOf(key);
  let node = root;
  for (const [index, step] of resolvedKey.entries()) {
    // An index into an array of tables has no text of its own: it stands where the array's name does.
    if (typeof step === 'string') position = positionOf(names.next().value ?? key);
    node = enter(node, step, position, typeof resolvedKey[index + 1] === 'number');
  }
  for (const pair of body) readPair(node, pair);
}

function readPair(table: Node, {key, value}: AST.TOMLKeyValue): void {
  const last = key.keys.length - 1;
  let node = table;
  for (const [index, part] of key.keys.entries()) {
    if (index < last) node = enter(node, keyText(part), positionOf(part), false);
    else readInto(node, keyText(part), positionOf(part), value);
  }
}

function readInto(
  {container, place}: Node,
  key: string | number,
  position: Position,
  value: AST.TOMLContentNode,
): void {
  const inner = createPlace(position);
  place.inner.set(key, inner);
  put(container, key, readValue(value, inner));
}

function readValue(node: AST.TOMLContentNode, place: Place): TomlValue {
  switch (node.type) {
    case 'TOMLValue':
      return readScalar(node);
    case 'TOMLArray': {
      const container: TomlValue[] = [];
      for (const [index, element] of node.elements.entries()) {
        readInto({container, place}, index, positionOf(element), element);
      }
      return container;
    }
    case 'TOMLInlineTable': {
      const container = createTable();
      for (const pair of node.body) readPair({container, place}, pair);
      return container;
    }
  }
}

function readScalar(node: AST.TOMLValue): TomlValue {
  switch (node.kind) {
    case 'integer':
      return Number.isSafeInteger(Number(node.bigint)) ? Number(node.bigint) : node.bigint;
    case 'string':
    case 'boolean':
    case 'float':
      return node.value;
    default:
      return new TomlDateTime(node.datetime);
  }
}

/** Steps into a table or array, which is made at its first mention. */
function enter({container, place}: Node, key: string | number, position: Position, isArray: boolean): Node {
  const known = get(container, key) as Container | undefined;
  const inner = known ?? (isArray ? [] : createTable());
  if (known === undefined) put(container, key, inner);
  const innerPlace = place.inner.get(key) ?? createPlace(position);
  place.inner.set(key, innerPlace);
  return {container: inner, place: innerPlace};
}

function locate(root: Place, path: KeyPath): Position {
  let place = root;
  for (const key of path) {
    const inner = place.inner.get(key);
    if (!inner) break;
    place = inner;
  }
  return place.position;
}

const get = (container: Container, key: string | number): TomlValue | undefined =>
  (container as {readonly [key: string | number]: TomlValue})[key];

function put(container: Container, key: string | number, value: TomlValue): void {
  (container as {[key: string | number]: TomlValue})[key] = value;
}

const createTable = (): MutableTable => Object.create(null) as MutableTable;
const createPlace = (position: Position): Place => ({position, inner: new Map()});
const keyText = (part: AST.TOMLBare | AST.TOMLQuoted): string => (part.type === 'TOMLBare' ? part.name : part.value);
const withoutByteOrderMark = (text: string): string => (text.startsWith('\uFEFF') ? text.slice(1) : text);
const positionOf = ({loc}: AST.HasLocs): Position => ({line: loc.start.line, column: loc.start.column + 1});

const syntaxProblem = ({message, lineNumber, column}: ParseError): ParsedToml => ({
  ok: false,
  position: {line: lineNumber, column: column + 1},
  message: message.charAt(0).toLowerCase() + message.slice(1),
});
