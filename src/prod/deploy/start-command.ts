// What a release runs. There is no npm on a server, and a package manager between the server and an app would keep signals
// and file descriptors from it: so `npm start` becomes the program that it leads to, and what cannot be resolved is an error.

import type {Command, Named} from '../../config/config.js';
import {reloadsOf} from '../../config/script-text.js';
import {TakoError} from '../../system/error.js';
import {findPackageProgram, type Place} from './package-program.js';
import {parseSimpleLine} from './shell-line.js';

export type StartCommand = {
  readonly argv: Command;
  /** Variables that stood in front of it: `NODE_ENV=production node server.js`. */
  readonly variables: Named<string>;
  /** Where it comes from, for people: `tako.toml`, `scripts.start in package.json`. */
  readonly origin: string;
  /** The same before its program was looked for, to look for it elsewhere. */
  readonly words: Command;
};

/** What commands are resolved with. */
export type StartContext = {
  readonly place: Place;
  readonly scripts: Named<string>;
  /** Names of the packages that a release has. */
  readonly packages: readonly string[];
  readonly developmentPackages: readonly string[];
};

/** Set by the server for every instance: a value of the app's own would make two of them listen on one port. */
const OURS: ReadonlySet<string> = new Set(['PORT', 'HOST']);
/** As deep as scripts call each other before it is a circle. */
const MAX_DEPTH = 5;

/**
 * A command as a server can run it. Throws START_UNRESOLVED where that is not possible, START_NEEDS_PACKAGE for the program
 * of a package that only development has.
 */
export async function resolveStart(
  argv: Command,
  origin: string,
  context: StartContext,
  depth = 0,
): Promise<StartCommand> {
  const line = lineOf(argv);
  const simple = line === undefined ? {variables: {}, words: argv} : parseSimpleLine(line);
  if (!simple) return keepLine(argv, line ?? '', origin);
  const {words} = simple;
  const called = calledScript(words, context.scripts);
  if (called) return resolveScript(called, origin, context, depth, ownVariables(simple.variables));
  const resolved = await resolveProgram(words, origin, context);
  return {argv: resolved, words, variables: ownVariables(simple.variables), origin};
}

const lineOf = (argv: readonly string[]): string | undefined =>
  argv[0] === 'sh' && argv[1] === '-c' && argv.length === 3 ? argv[2] : undefined;

const ownVariables = (variables: Named<string>): Named<string> =>
  Object.fromEntries(Object.entries(variables).filter(([name]) => !OURS.has(name)));

/** A line for a shell is taken as it is: the server has one, and the programs of packages in its PATH. */
function keepLine(argv: Command, line: string, origin: string): StartCommand {
  const manager = /(?:^|[\s;&|(])(npm|npx|pnpm|yarn)\s/.exec(`${line} `)?.[1];
  if (manager !== undefined) {
    throw unresolved(origin, line, `it calls ${manager}, which servers do not have`);
  }
  return {argv, words: argv, variables: {}, origin};
}

type CalledScript = {readonly name: string; readonly added: readonly string[]};

/** The script that a package manager would run. What Bun knows no script of is a file to it. */
function calledScript([file, word = '', ...rest]: Command, scripts: Named<string>): CalledScript | undefined {
  if (!['npm', 'pnpm', 'yarn', 'bun'].includes(file)) return undefined;
  const isRun = word === 'run' || word === 'run-script';
  if (!isRun && (file === 'bun' || word.startsWith('-'))) return undefined;
  const called = scriptOf(isRun ? rest : [word, ...rest]);
  return file === 'bun' && called && scripts[called.name] === undefined ? undefined : called;
}

function scriptOf(words: readonly string[]): CalledScript | undefined {
  const [name, ...rest] = words.filter(word => word !== '-s' && word !== '--silent');
  if (name === undefined || name.startsWith('-')) return undefined;
  return {name, added: rest[0] === '--' ? rest.slice(1) : rest};
}

async function resolveScript(
  {name, added}: CalledScript,
  origin: string,
  context: StartContext,
  depth: number,
  variables: Named<string>,
): Promise<StartCommand> {
  const line = context.scripts[name];
  if (line === undefined || depth >= MAX_DEPTH) {
    throw unresolved(origin, name, line === undefined ? `package.json has no script "${name}"` : 'it calls itself');
  }
  if (reloadsOf(line) !== 'nothing') {
    throw unresolved(
      `scripts.${name} in package.json`,
      line,
      'it is for development: it starts anew when files change',
    );
  }
  const found = await resolveStart(['sh', '-c', line], `scripts.${name} in package.json`, context, depth + 1);
  const isLine = lineOf(found.argv) !== undefined;
  const withAdded = (words: Command): Command => (isLine ? words : [...words, ...added]);
  return {
    ...found,
    argv: withAdded(found.argv),
    words: withAdded(found.words),
    variables: {...variables, ...found.variables},
  };
}

async function resolveProgram(words: Command, origin: string, context: StartContext): Promise<Command> {
  const [name, ...rest] = words;
  if (MANAGERS.has(name)) throw unresolved(origin, words.join(' '), `servers have no ${name}`);
  if (RUNTIMES.has(name) || name.includes('/')) return words;
  const program = await findPackageProgram(context.place, name, context.packages);
  if (program) return [...program, ...rest];
  if (await findPackageProgram(context.place, name, context.developmentPackages)) throw needsPackage(origin, name);
  return words;
}

/** A release has the one that it is run by. */
const RUNTIMES: ReadonlySet<string> = new Set(['node', 'bun', 'deno']);
const MANAGERS: ReadonlySet<string> = new Set(['npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'bunx', 'nodemon', 'pm2']);

function unresolved(origin: string, what: string, why: string): TakoError {
  return new TakoError('START_UNRESOLVED', `the start command of ${origin} cannot run on a server: ${why}`, {
    hint: 'write the program itself into tako.toml, as in start = ["node", "server.js"]',
    details: [what],
  });
}

function needsPackage(origin: string, name: string): TakoError {
  return new TakoError(
    'START_NEEDS_PACKAGE',
    `${name} of ${origin} is a development dependency, which servers do not get`,
    {
      hint: 'move its package from devDependencies to dependencies, or build the app and start what was built',
    },
  );
}
