import path from 'node:path';
import {parseRoute, type RoutePattern} from '../proxy/route-syntax.js';
import type {Command, ToolVersion} from './config.js';
import {field, type NameRule, readBy, text} from './field.js';

/** RFC 1035, section 2.3.4: the name is a label of `{name}.test`. */
export const MAX_APP_NAME_LENGTH = 63;
const APP_NAME = /^[a-z](?:[a-z0-9-]*[a-z0-9])?$/;

export const isAppName = (name: string): boolean => name.length <= MAX_APP_NAME_LENGTH && APP_NAME.test(name);

export const appName = text(
  `a name of at most ${MAX_APP_NAME_LENGTH} characters a-z, 0-9 and "-" that starts with a letter and does not end with "-"`,
  isAppName,
);

export const environmentName: NameRule = {
  expected: 'an environment name of a-z, 0-9 and "-" that does not start with "-"',
  isValid: name => /^[a-z0-9][a-z0-9-]*$/.test(name),
};

/** For storages and workflow groups. */
export const resourceName: NameRule = {
  expected: 'a name of a-z, 0-9, "_" and "-" that starts with a letter or digit',
  isValid: name => /^[a-z0-9][a-z0-9_-]*$/.test(name),
};

/** For servers and storage bindings, whose names may have capitals. */
export const freeName: NameRule = {
  expected: 'a name of letters, digits, "_", "-" and "." that starts with a letter or digit',
  isValid: name => /^[A-Za-z0-9][\w.-]*$/.test(name),
};

export const variableName: NameRule = {
  expected: 'a variable name without "=" and NUL',
  isValid: name => /^[^=\0]+$/.test(name),
};

const MILLISECONDS = {ms: 1, s: 1_000, m: 60_000, h: 60 * 60_000} as const;
/** Timers hold 2^31-1 milliseconds; longer ones would fire at once. */
const MAX_SECONDS = Math.floor((2 ** 31 - 1) / 1000);

/** Seconds (`30`) or a text (`"250ms"`, `"30s"`, `"5m"`, `"2h"`); the answer is in milliseconds. */
export const duration = (minSeconds: number) =>
  field(durationText(minSeconds), input => millisecondsOf(input, minSeconds));

/** As `duration`, or the word `never`. Where `never` is allowed is a matter of rules. */
export const idleTimeout = field<number | 'never'>(durationText(1), input =>
  input === 'never' ? input : millisecondsOf(input, 1),
);

function durationText(minSeconds: number): string {
  return `seconds from ${minSeconds} to ${MAX_SECONDS}, or a duration such as "30s", "5m" or "2h"`;
}

function millisecondsOf(input: unknown, minSeconds: number): number | undefined {
  const duration = durationOf(input);
  return duration !== undefined && duration >= minSeconds * 1_000 && duration <= MAX_SECONDS * 1_000
    ? duration
    : undefined;
}

function durationOf(input: unknown): number | undefined {
  if (typeof input === 'number') return Number.isInteger(input) ? input * 1_000 : undefined;
  const match = typeof input === 'string' ? /^(\d{1,9})(ms|[smh])$/.exec(input) : null;
  return match ? Number(match[1]) * MILLISECONDS[match[2] as keyof typeof MILLISECONDS] : undefined;
}

const BYTES = {K: 2 ** 10, M: 2 ** 20, G: 2 ** 30} as const;

/** Bytes, as a number or with a unit (`"512M"`): powers of 1024, as systemd and Docker count them. */
export const byteSize = (minBytes: number) =>
  field(`bytes from ${minBytes}, or a size such as "512M" or "2G"`, input => {
    const bytes = bytesOf(input);
    return bytes !== undefined && Number.isSafeInteger(bytes) && bytes >= minBytes ? bytes : undefined;
  });

function bytesOf(input: unknown): number | undefined {
  if (typeof input === 'number') return input;
  const match = typeof input === 'string' ? /^(\d{1,9})([KMG])$/.exec(input) : null;
  return match ? Number(match[1]) * BYTES[match[2] as keyof typeof BYTES] : undefined;
}

const COMMAND = 'a command: a string, or an array of strings such as ["node", "server.js"]';

export const command = field<Command>(COMMAND, input => {
  const words = wordsOf(input);
  return words && isCommand(words) ? words : undefined;
});

/** As `command`, or empty, which is the same as none. */
export const commandOrNone = field<readonly string[]>(COMMAND, input => {
  const words = wordsOf(input);
  return words && (words.length === 0 || isCommand(words)) ? words : undefined;
});

export function isCommand(words: readonly string[]): words is Command {
  return words[0] !== undefined && words[0] !== '';
}

function wordsOf(input: unknown): readonly string[] | undefined {
  const words = typeof input === 'string' ? throughShell(input) : input;
  return Array.isArray(words) && words.every(isArgument) ? words : undefined;
}

// A string may use what a shell gives (variables, &&, quotes), as a package.json script may.
const throughShell = (line: string): readonly string[] => (line.trim() === '' ? [] : ['sh', '-c', line]);
const isArgument = (word: unknown): word is string => typeof word === 'string' && !word.includes('\0');

export const route = readBy<RoutePattern>(input => {
  if (typeof input !== 'string') return {ok: false, problem: 'expected a route such as "app.example.com/api/*"'};
  const result = parseRoute(input);
  return result.ok ? {ok: true, value: result.route} : result;
});

const VERSIONED = /^([^@\s]+)(?:@(\S+))?$/;

/** `tool` or `tool@version`, where `ids` are the tools known; without them any is taken. */
export const toolVersion = (ids?: readonly string[]) =>
  field<ToolVersion>(
    ids ? `one of ${ids.join(', ')}, with or without a version as in "node@24"` : 'a tool such as "pnpm" or "pnpm@9"',
    input => {
      const [, id, version] = (typeof input === 'string' && VERSIONED.exec(input)) || [];
      return id !== undefined && (!ids || ids.includes(id)) ? {id, version} : undefined;
    },
  );

/** Which ones there are is asked when one is needed: reading the profiles takes longer than reading a tako.toml. */
export const preset = text('the id of a framework such as "vite"', value =>
  /^[a-z0-9_-]+(?:@[0-9a-f]{7,64})?$/.test(value),
);

/** Below the project's folder. */
export const insidePath = text('a path inside the project, without ".."', value => {
  return isRelative(value) && !value.split('/').includes('..');
});

export const plainPath = text('a path inside the project, without "." and ".." parts', value => {
  return isRelative(value) && !value.split('/').some(part => part === '.' || part === '..');
});

/** Of files to watch: below the project's folder, or beside it in a monorepo (`../shared/**`). */
export const filePattern = text('a relative pattern such as "src/**", without "!" in front', value => {
  return isRelative(value) && !value.startsWith('!');
});

export const relativePath = text('a relative path', isRelative);

/** A file of the project, or a module such as `@acme/server/entry`. */
export const entrypoint = text('a file inside the project, or a module', value => {
  const normal = path.posix.normalize(value);
  return isRelative(value) && normal !== '..' && !normal.startsWith('../');
});

export const httpsUrl = text('an https URL', value => {
  return URL.canParse(value) && new URL(value).protocol === 'https:';
});

export const port = (min: number) =>
  field(`a port from ${min} to 65535`, input => {
    return typeof input === 'number' && Number.isInteger(input) && input >= min && input <= 65_535 ? input : undefined;
  });

function isRelative(value: string): boolean {
  return value.trim() !== '' && !path.posix.isAbsolute(value);
}
