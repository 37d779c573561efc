// What a key may hold, as zod schemas whose messages are for the person who wrote the file: what was expected, and
// what was found. Tables report unknown keys and the problems of every key at once.

import {z} from 'zod';
import {isTable, TomlDateTime, type TomlTable} from './toml.js';

export type Read<T> = {readonly ok: true; readonly value: T} | {readonly ok: false; readonly problem: string};

/** A key whose reader says itself what is wrong. */
export function readBy<T>(read: (input: unknown) => Read<T>): z.ZodType<T> {
  return z.unknown().transform((input, context) => {
    const result = read(input);
    if (result.ok) return result.value;
    context.addIssue({code: 'custom', message: result.problem});
    return z.NEVER;
  });
}

/** A key whose reader answers undefined for anything but what was `expected`. */
export function field<T>(expected: string, read: (input: unknown) => T | undefined): z.ZodType<T> {
  return readBy(input => {
    const value = read(input);
    return value === undefined ? {ok: false, problem: mismatch(expected, input)} : {ok: true, value};
  });
}

/** A string that `isValid`. NUL is refused everywhere: no argument, variable or path can carry it. */
export const text = (expected = 'a string', isValid: (value: string) => boolean = () => true): z.ZodType<string> =>
  field(expected, input => (typeof input === 'string' && !input.includes('\0') && isValid(input) ? input : undefined));

export const nonEmptyText = text('a non-empty string', value => value.trim() !== '');

export const flag = field('true or false', input => (typeof input === 'boolean' ? input : undefined));

export const wholeNumber = (min: number, max: number): z.ZodType<number> =>
  field(
    max === Number.MAX_SAFE_INTEGER ? `a whole number, ${min} or more` : `a whole number from ${min} to ${max}`,
    input => (Number.isSafeInteger(input) && Number(input) >= min && Number(input) <= max ? Number(input) : undefined),
  );

export const oneOf = <const T extends string>(...words: readonly T[]): z.ZodType<T> =>
  field(`${words.length > 1 ? 'one of ' : ''}${words.map(word => `"${word}"`).join(', ')}`, input =>
    words.find(word => word === input),
  );

export const listOf = <T>(element: z.ZodType<T>, expected: string): z.ZodType<T[]> =>
  z.array(element, {error: ({input}) => mismatch(expected, input)});

/** A table with exactly the keys of `shape`. */
export function table<S extends z.ZodRawShape>(shape: S): z.ZodType<z.output<z.ZodObject<S>>> {
  const keys = z.object(shape);
  return anyTable.transform((input, context) => {
    for (const key of Object.keys(input)) {
      if (!Object.hasOwn(shape, key)) reportUnknownKey(context, key, Object.keys(shape));
    }
    return parseInto(context, keys, input);
  });
}

/** What names the user may choose in a table. */
export type NameRule = {readonly expected: string; readonly isValid: (name: string) => boolean};

/** A table whose keys the user chooses. The answer has no prototype. */
export const tableOf = <T>(value: z.ZodType<T>, name: NameRule): z.ZodType<Readonly<Record<string, T>>> =>
  anyTable.transform((input, context) => readNamed(input, context, value, name));

export function readNamed<T>(
  input: TomlTable,
  context: Context,
  value: z.ZodType<T>,
  name: NameRule,
): Readonly<Record<string, T>> {
  const result = Object.create(null) as Record<string, T>;
  for (const [key, element] of Object.entries(input)) {
    if (!name.isValid(key)) {
      context.addIssue({code: 'custom', message: mismatch(name.expected, key), path: [key]});
    }
    result[key] = parseInto(context, value, element, [key]);
  }
  return result;
}

export type Context = z.core.$RefinementCtx;

export const anyTable = z.custom<TomlTable>(isTable, {error: ({input}) => mismatch('a table', input)});

/** Parses a part of a table; its problems become the table's own, and the answer is then never used. */
export function parseInto<T>(context: Context, schema: z.ZodType<T>, input: unknown, path: readonly string[] = []): T {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const params = 'params' in issue ? {params: issue.params} : {};
    context.addIssue({code: 'custom', message: issue.message, path: [...path, ...issue.path], ...params});
  }
  return z.NEVER;
}

/** What was expected, and what was found instead. */
export function mismatch(expected: string, found: unknown): string {
  return found === undefined ? `missing, expected ${expected}` : `expected ${expected}, found ${describe(found)}`;
}

const MAX_SHOWN = 60;

function describe(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
  }
  if (value instanceof TomlDateTime) return value.text;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  return isTable(value) ? 'a table' : String(value);
}

function reportUnknownKey(context: Context, key: string, knownKeys: readonly string[]): void {
  context.addIssue({code: 'custom', message: 'unknown key', path: [key], params: {knownKeys}});
}
