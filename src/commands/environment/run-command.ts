import {access, constants, stat} from 'node:fs/promises';
import path from 'node:path';
import {CommanderError} from 'commander';
import type {Command, Config} from '../../config/config.js';
import type {Project} from '../../config/load-project.js';
import type {ProjectFacts} from '../../config/project-facts.js';
import {evalCommand, isScript, scriptCommand} from '../../config/script-command.js';
import {isCommand} from '../../config/value.js';
import {TakoError} from '../../system/error.js';
import {EXIT} from '../exit-codes.js';

export type RunWords = {
  readonly words: readonly string[];
  /** Code to run; the words are its arguments then. */
  readonly eval?: string;
  /** Whether the first word is a program, whatever it looks like. */
  readonly isVerbatim: boolean;
  /** Where the user is: a script may be named from there, too. Absolute. */
  readonly from: string;
};

/**
 * What `tako run` runs: the words as they are, unless the first of them is a file of code, which the project's runtime runs.
 * Throws SCRIPT_NOT_RUNNABLE, and a CommanderError when there is nothing to run.
 */
export async function decideRunCommand(
  {directory, config}: Project,
  facts: ProjectFacts,
  {words, eval: code, isVerbatim, from}: RunWords,
): Promise<Command> {
  if (code !== undefined) return evalCommand(config, facts, code, words) ?? notEvaluable(config);
  if (!isCommand(words)) throw nothingToRun();
  const [first, ...rest] = words;
  const file = isVerbatim || !isScript(first) ? undefined : await findScript(first, [directory, from]);
  if (file === undefined) return words;
  // Whoever made it executable has said in its first line what runs it.
  if (await isExecutable(file)) return [file, ...rest];
  const command = scriptCommand(config, facts, shortPath(directory, file));
  if (!command) throw notRunnable(first);
  return [...command, ...rest];
}

async function findScript(name: string, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const file = path.resolve(folder, name);
    if (await isFile(file)) return file;
  }
  return undefined;
}

/** As it is best read in a list of processes. */
function shortPath(directory: string, file: string): string {
  const relative = path.relative(directory, file);
  return relative.startsWith('..') ? file : relative;
}

const isFile = (file: string): Promise<boolean> =>
  stat(file).then(
    found => found.isFile(),
    () => false,
  );

const isExecutable = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );

function notEvaluable({runtime}: Config): never {
  throw new TakoError('SCRIPT_NOT_RUNNABLE', `${runtime?.id ?? 'go'} runs files only`, {
    hint: 'write the code into a file, and run that',
  });
}

const notRunnable = (file: string): TakoError =>
  new TakoError('SCRIPT_NOT_RUNNABLE', `node does not run ${path.extname(file)} files`, {
    hint: `install tsx, or write the whole command, as in "tako run -- npx tsx ${file}"`,
  });

const nothingToRun = (): CommanderError =>
  new CommanderError(EXIT.usage, 'tako.run', 'nothing to run: write a command, or --eval with code');
