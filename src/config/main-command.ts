import path from 'node:path';
import type {Command, Config} from './config.js';
import {speaksContract} from './frameworks.js';
import {matchesPath, parsePathPatterns} from './path-pattern.js';
import type {ProjectFacts} from './project-facts.js';
import {isCommand} from './value.js';

/** The entry of a project: `main` of tako.toml, else the first of the candidates that is there. */
export function findMain(config: Config, {files}: ProjectFacts, candidates: readonly string[]): string | undefined {
  return config.main ?? candidates.map(candidate => findFile(candidate, files)).find(Boolean);
}

/** The file a candidate means. One with `*` means something only while all that fit are in the same folder. */
function findFile(candidate: string, files: readonly string[]): string | undefined {
  const patterns = parsePathPatterns(candidate);
  const found = files.filter(file => patterns.some(pattern => matchesPath(pattern, file.split('/'))));
  return new Set(found.map(folderOf)).size === 1 ? found[0] : undefined;
}

/** A profile's command with the project's own words in it. Undefined: it needs an entry, and there is none. */
export function fillCommand(command: Command, main: string | undefined, facts: ProjectFacts): Command | undefined {
  const isLine = command[0] === 'sh' && command[1] === '-c';
  if (main === undefined && command.some(word => NEEDS_MAIN.test(word))) return undefined;
  const filled = command.flatMap(word => {
    if (!isLine && word === '{python}') return facts.python;
    return word.replace(/\{(main|module|folder|python)\}/g, (_, name: string) => {
      const value = wordsFor(name, main ?? '', facts);
      return isLine ? value.map(quote).join(' ') : value.join(' ');
    });
  });
  return isCommand(filled) ? filled : undefined;
}

const NEEDS_MAIN = /\{(?:main|module|folder)\}/;

function wordsFor(name: string, main: string, {python}: ProjectFacts): readonly string[] {
  if (name === 'python') return python;
  if (name === 'module') return [moduleOf(main)];
  return [name === 'folder' ? folderOf(main) : main];
}

/** As Python imports it: `app/main.py` is `app.main`, `app/__init__.py` is `app`. */
const moduleOf = (main: string): string =>
  main
    .replace(/\.py$/, '')
    .replace(/\/__init__$/, '')
    .replaceAll('/', '.');

/** Of a file, the folder it is in; a folder is its own. As Go wants it, it begins with a dot. */
function folderOf(main: string): string {
  const folder = path.posix.extname(main) === '' ? main : path.posix.dirname(main);
  return folder === '.' ? '.' : `./${folder}`;
}

/** For a shell: words of letters and signs without a meaning stay as they are. */
const quote = (word: string): string => (/^[\w./:@%+=-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

const SCRIPT_EXTENSIONS = ['ts', 'mts', 'js', 'mjs', 'cjs'] as const;
const SCRIPT_NAMES = ['server', 'index', 'app', 'main', 'src/server', 'src/index', 'src/app', 'src/main'] as const;
/** Where a server in JavaScript or TypeScript has its entry when nothing says it; sources before what was built of them. */
const SCRIPT_MAINS = SCRIPT_NAMES.flatMap(name => SCRIPT_EXTENSIONS.map(extension => `${name}.${extension}`));

/** The entry of a server in JavaScript or TypeScript: as configured, as package.json says, or by its name. */
export function findScriptMain(config: Config, facts: ProjectFacts): string | undefined {
  return config.main ?? facts.main ?? findMain(config, facts, SCRIPT_MAINS);
}

/** Runs an entry by itself, with the runtime that its extension, tako.toml or the project asks for. */
export function launchCommand(config: Config, facts: ProjectFacts, main: string): Command {
  return runnerOf(config, facts, main)(main);
}

type Runner = (main: string) => Command;

function runnerOf(config: Config, facts: ProjectFacts, main: string): Runner {
  const extension = path.posix.extname(main);
  const ofExtension = OTHER_RUNNERS[extension];
  if (extension === '.py' || config.runtime?.id === 'python') return file => [...facts.python, '-u', file];
  if (ofExtension) return ofExtension;
  const runtime = config.runtime?.id ?? runtimeOf(facts);
  if (runtime === 'go') return file => ['go', 'run', folderOf(file)];
  if (runtime === 'deno') return denoRunner(config, facts);
  return runtime === 'bun' ? bunRunner(config, facts) : nodeRunner(config, facts, extension);
}

const OTHER_RUNNERS: Readonly<Record<string, Runner>> = {
  '.go': file => ['go', 'run', folderOf(file)],
  '.rb': file => ['ruby', file],
  '.php': file => ['sh', '-c', `exec php -S 127.0.0.1:"$PORT" ${quote(file)}`],
  '.sh': file => ['sh', file],
};

/** What runs the JavaScript of a project whose tako.toml does not say it. */
export function runtimeOf({lockfile, files}: ProjectFacts): string {
  if (lockfile === 'bun' || files.includes('bunfig.toml')) return 'bun';
  return lockfile === undefined && files.some(file => /^deno\.(?:jsonc?|lock)$/.test(file)) ? 'deno' : 'node';
}

/** An app of Tako's contract only exports a handler: the package's own program listens and calls it. */
function bunRunner(config: Config, facts: ProjectFacts): Runner {
  const {bun} = facts.launchers;
  return bun !== undefined && speaksContract(config, facts) ? file => ['bun', 'run', bun, file] : file => ['bun', file];
}

function denoRunner(config: Config, facts: ProjectFacts): Runner {
  const {deno} = facts.launchers;
  const launcher = deno !== undefined && speaksContract(config, facts) ? [deno] : [];
  return file => ['deno', 'run', '-A', ...launcher, file];
}

function nodeRunner(config: Config, facts: ProjectFacts, extension: string): Runner {
  const {node} = facts.launchers;
  const isTypeScript = /^\.[cm]?tsx?$/.test(extension);
  const launcher = node !== undefined && speaksContract(config, facts) ? [node] : [];
  if (!isTypeScript) return file => ['node', ...launcher, file];
  if (launcher.length === 0 && facts.packages.npm.includes('tsx')) return file => ['tsx', file];
  return file => ['node', STRIP_TYPES, ...launcher, file];
}

/** TypeScript without the flag came with Node 22.18; the flag is there since 22.6, and later versions take it too. */
const STRIP_TYPES = '--experimental-strip-types';
