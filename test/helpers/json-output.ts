// What commands print with `--json`, against their schemas in docs/schemas. Stricter than these: a field that is printed
// but not described is a fault too, so that they cannot fall behind the code.

import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {Ajv2020, type ValidateFunction} from 'ajv/dist/2020.js';
import type {Command} from 'commander';
import {createProgram} from '../../src/commands/main.js';

const DOCS = path.resolve(import.meta.dirname, '../../docs');

type Schema = {readonly [key: string]: unknown};

/** All of them, as they are written. */
export const readSchemas = (): readonly Schema[] =>
  readdirSync(path.join(DOCS, 'schemas')).map(file =>
    JSON.parse(readFileSync(path.join(DOCS, 'schemas', file), 'utf8')),
  );

/** Of each command in the table of docs/json.md the names of its schemas; none: it prints no JSON. */
export const documentedOutputs = (): ReadonlyMap<string, readonly string[]> =>
  tableOf(/^\| `tako ([a-z -]+)` +\|(.*)$/gm);

/** The same of the tools of `tako mcp`, each with its one schema. */
export const documentedTools = (): ReadonlyMap<string, readonly string[]> => tableOf(/^\| `([a-z_]+)` +\|(.*)$/gm);

const tableOf = (row: RegExp): ReadonlyMap<string, readonly string[]> =>
  new Map(
    [...readFileSync(path.join(DOCS, 'json.md'), 'utf8').matchAll(row)].map(([, name = '', cells = '']) => [
      name,
      [...cells.matchAll(/\(schemas\/([a-z-]+)\.json\)/g)].map(([, schema = '']) => schema),
    ]),
  );

/** The commands that do something and are shown in the help. */
export function visibleCommands(parent: Command = createProgram(), words: readonly string[] = []): [string, Command][] {
  return parent
    .createHelp()
    .visibleCommands(parent)
    .filter(command => command.name() !== 'help')
    .flatMap((command): [string, Command][] => {
      const named = [...words, command.name()];
      const own: [string, Command][] = doesSomething(command) ? [[named.join(' '), command]] : [];
      return [...own, ...visibleCommands(command, named)];
    });
}

/** One that only has others below it shows its help. */
const doesSomething = (command: Command): boolean =>
  command.commands.length === 0 || command.registeredArguments.length > 0;

/** The name of the command that a command line is about. */
function commandOf(args: readonly string[]): string {
  const words: string[] = [];
  let command: Command | undefined = createProgram();
  for (const word of args) {
    const next: Command | undefined = command.commands.find(one => one.name() === word || one.aliases().includes(word));
    if (!next) break;
    command = next;
    words.push(next.name());
  }
  return words.join(' ');
}

/** Fails where a line of what the command printed is neither as its schemas say nor an error. */
export function checkJsonOutput(args: readonly string[], stdout: string): void {
  const command = commandOf(args);
  const names = documentedOutputs().get(command) ?? [];
  assert.ok(names.length > 0 || command === '', `docs/json.md says nothing of "tako ${command}"`);
  for (const line of stdout.split('\n').filter(text => text !== '')) {
    checkDocument([...names, 'error'], JSON.parse(line), `tako ${command}`);
  }
}

/** Fails where what somebody answered is as none of the schemas says. */
export function checkDocument(names: readonly string[], document: unknown, who: string): void {
  const faults = names.map(name => {
    const validate = validatorOf(name);
    return validate(document) ? undefined : `${name}: ${JSON.stringify(closest(validate), null, 1)}`;
  });
  if (faults.includes(undefined)) return;
  assert.fail(`${who} said what its schemas do not: ${JSON.stringify(document)}\n${faults.join('\n')}`);
}

/** The faults furthest inside: those of alternatives that were not meant are less deep. */
function closest({errors}: ValidateFunction): readonly unknown[] {
  const sorted = [...(errors ?? [])].sort((a, b) => b.instancePath.length - a.instancePath.length);
  return sorted.slice(0, 4).map(({instancePath, message, params}) => ({instancePath, message, params}));
}

let validators: Ajv2020 | undefined;

function validatorOf(name: string): ValidateFunction {
  if (validators === undefined) {
    validators = new Ajv2020({allErrors: true, strictTypes: false});
    for (const schema of readSchemas()) validators.addSchema(closed(schema, true) as Schema);
  }
  const found = validators.getSchema(`https://tako.sh/schemas/1/${name}.json`);
  assert.ok(found, `docs/schemas has ${name}.json`);
  return found;
}

/** Keywords whose schemas are about a value of its own, and those whose schemas are about the same value. */
const INSIDE = ['properties', 'items', 'prefixItems', 'additionalProperties'];
const SAME = ['oneOf', 'anyOf', 'allOf', '$defs'];

/** Adds that there is nothing in an object but what is described, once for each place where one may be. */
function closed(schema: unknown, isPlace: boolean): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([key, value]): [string, unknown] => {
    if (INSIDE.includes(key)) return [key, each(value, key, true)];
    return [key, SAME.includes(key) ? each(value, key, false) : value];
  });
  const isObject = ['properties', '$ref', 'oneOf', 'allOf'].some(key => key in schema);
  return {...Object.fromEntries(entries), ...(isPlace && isObject ? {unevaluatedProperties: false} : {})};
}

function each(value: unknown, key: string, isPlace: boolean): unknown {
  if (Array.isArray(value)) return value.map(one => closed(one, isPlace));
  if (key !== 'properties' && key !== '$defs') return closed(value, isPlace);
  return Object.fromEntries(Object.entries(value as Schema).map(([name, one]) => [name, closed(one, isPlace)]));
}
