import {execa} from 'execa';
import {TakoError} from './error.js';

/** A command as a value: what a plan shows before anything runs. */
export type ShellCommand = {
  readonly file: string;
  readonly args: readonly string[];
  /** Needs root: run through sudo unless this process is root already. */
  readonly elevated?: boolean;
};

export type CommandResult = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
};

export type RunOptions = {
  readonly timeoutMs?: number;
  readonly environment?: NodeJS.ProcessEnv;
  /** Written to the command's standard input. */
  readonly input?: string;
};

/** Runs a command (world in, world out); the planners that decide which command never do. */
export type Run = (command: ShellCommand, options?: RunOptions) => Promise<CommandResult>;

const DEFAULT_TIMEOUT_MS = 30_000;

/** Runs without a shell. Resolves with any exit code; throws TOOL_MISSING when there is no such program. */
export const run: Run = async (command, {timeoutMs = DEFAULT_TIMEOUT_MS, environment, input} = {}) => {
  const {file, args} = elevate(command, process.getuid?.() === 0);
  const result = await execa(file, args, {
    reject: false,
    timeout: timeoutMs,
    ...(environment ? {env: environment, extendEnv: false} : {}),
    // sudo asks on the terminal itself; standard input stays free.
    stdin: input === undefined ? (command.elevated ? 'inherit' : 'ignore') : 'pipe',
    ...(input === undefined ? {} : {input}),
  });
  if (result.code === 'ENOENT') {
    throw new TakoError('TOOL_MISSING', `${file} is not installed`, {cause: result.cause});
  }
  return {exitCode: result.exitCode ?? 1, stdout: String(result.stdout ?? ''), stderr: String(result.stderr ?? '')};
};

/** The command as it will really be started. */
export function elevate(command: ShellCommand, isRoot: boolean): {file: string; args: readonly string[]} {
  return command.elevated && !isRoot
    ? {file: 'sudo', args: ['--', command.file, ...command.args]}
    : {file: command.file, args: command.args};
}

/** As a person would type it; arguments that need it are quoted. */
export function renderCommand(command: ShellCommand, isRoot: boolean): string {
  const {file, args} = elevate(command, isRoot);
  return [file, ...args].map(quoteWord).join(' ');
}

/** A word of a POSIX shell, quoted where it has to be. */
export const quoteWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
