import {readFile} from 'node:fs/promises';

type Schema = {readonly [key: string]: unknown};

const FOLDER = new URL('../../../docs/schemas/', import.meta.url);
const TYPES = 'types.json#/$defs/';

/** A schema of docs/schemas as one that stands by itself, with what it needs of types.json in it. */
export async function loadOutputSchema(name: string): Promise<Schema> {
  const [text, types] = await Promise.all([readText(name), readText('types')]);
  const {$schema: _, $id: __, ...schema} = JSON.parse(text.replaceAll(TYPES, '#/$defs/')) as Schema;
  const {$defs} = JSON.parse(types) as {readonly $defs: Readonly<Record<string, Schema>>};
  const needed = neededBy(schema, $defs);
  return needed.size === 0 ? schema : {...schema, $defs: Object.fromEntries([...needed].map(key => [key, $defs[key]]))};
}

const readText = (name: string): Promise<string> => readFile(new URL(`${name}.json`, FOLDER), 'utf8');

/** The names of the types it refers to, those that these refer to, and so on. */
function neededBy(schema: Schema, types: Readonly<Record<string, Schema>>): ReadonlySet<string> {
  const needed = new Set(namesIn(schema));
  // A set hands out what is added to it meanwhile.
  for (const name of needed) for (const other of namesIn(types[name] ?? {})) needed.add(other);
  return needed;
}

const namesIn = (schema: Schema): string[] =>
  [...JSON.stringify(schema).matchAll(/"#\/\$defs\/(\w+)"/g)].map(([, name = '']) => name);
