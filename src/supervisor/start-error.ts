import path from 'node:path';
import {getSystemErrorMap} from 'node:util';
import {TakoError} from '../system/error.js';
import {renderCommand} from '../system/exec.js';
import {describeExit, type Exit} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';
import {MAX_READY_LINE_BYTES, type Readiness} from './readiness.js';
import type {SpawnFailure} from './spawn-failure.js';

/** Every way in which a start does not end with a ready app. */
export type StartFailure = SpawnFailure | Exclude<Readiness, {outcome: 'ready'}>;

/** Why an app could not be started, with what its user needs to see. */
export class StartError extends TakoError {
  readonly app: string;
  readonly command: readonly string[];
  /** Set when the process ended by itself. */
  readonly exit: Exit | undefined;
  /** The app's last lines of output. */
  readonly lastLines: readonly string[];

  constructor(spec: LaunchSpec, failure: StartFailure, lastLines: readonly string[] = []) {
    const {code, message, hint} = explain(spec, failure);
    const cause = failure.outcome === 'spawn-failed' ? failure.cause : undefined;
    super(code, message, {details: lastLines, cause, ...(hint === undefined ? {} : {hint})});
    this.app = spec.app;
    this.command = spec.command;
    this.exit = failure.outcome === 'exited' ? failure.exit : undefined;
    this.lastLines = lastLines;
  }
}

type Explanation = {readonly code: string; readonly message: string; readonly hint?: string};

function explain(spec: LaunchSpec, failure: StartFailure): Explanation {
  switch (failure.outcome) {
    case 'cancelled':
      return {code: 'START_CANCELLED', message: `the start of ${spec.app} was cancelled`};
    case 'exited':
      return exitedEarly(spec, failure.exit);
    case 'timed-out':
      return notReady(spec, failure.isPipeClosed);
    case 'line-invalid':
      return lineInvalid(spec, failure.line);
    default:
      return notSpawned(spec, failure);
  }
}

const exitedEarly = (spec: LaunchSpec, exit: Exit): Explanation => ({
  code: 'APP_EXITED_EARLY',
  message: `${spec.app} exited with ${describeExit(exit)} before it was ready`,
  hint: dropsDescriptor(spec)
    ? `its output says why; ${NAME_THE_PROGRAM}`
    : `its output says why; to try it alone, run ${commandOf(spec)} in ${spec.directory}`,
});

const notReady = (spec: LaunchSpec, isPipeClosed: boolean): Explanation => ({
  code: 'APP_NOT_READY',
  message: [
    `${spec.app} did not write its port to file descriptor 4 within ${spec.readyTimeoutMs / 1_000} s`,
    ...(isPipeClosed ? ['it closed the descriptor without a line'] : []),
  ].join('; '),
  hint:
    isPipeClosed || dropsDescriptor(spec)
      ? NAME_THE_PROGRAM
      : 'once it listens, the app must write its port and a newline to file descriptor 4, as the SDK does',
});

const NAME_THE_PROGRAM =
  'file descriptor 4 does not pass through npm, pnpm, yarn and most watchers: name the server program itself as the command';

/** Runners that close what they do not know: measured with npm 11, pnpm 10, yarn 1, bunx 1.4, tsx 4 and nodemon. */
const RUNNERS = new Set(['npm', 'npx', 'pnpm', 'pnpx', 'yarn', 'bunx', 'tsx', 'nodemon']);

const dropsDescriptor = ({command: [program = '']}: LaunchSpec): boolean => RUNNERS.has(path.basename(program));

const lineInvalid = (spec: LaunchSpec, line: string): Explanation => ({
  code: 'READY_LINE_INVALID',
  message: `${spec.app} wrote ${JSON.stringify(line.slice(0, MAX_READY_LINE_BYTES))} to file descriptor 4, not its port`,
  hint: 'the line must be a decimal number from 1 to 65535, such as 4000, and a newline',
});

function notSpawned(spec: LaunchSpec, failure: SpawnFailure): Explanation {
  const program = spec.command[0] ?? '';
  switch (failure.outcome) {
    case 'command-not-found':
      return commandNotFound(program, failure.searched);
    case 'interpreter-missing':
      return {
        code: 'COMMAND_NOT_FOUND',
        message: `the interpreter of ${failure.file} is not installed`,
        hint: 'the first line of the file names it',
      };
    case 'command-not-executable':
      return {code: 'COMMAND_NOT_EXECUTABLE', message: `${program} is not executable`, hint: `chmod +x ${program}`};
    case 'folder-missing':
      return {code: 'WORKING_FOLDER_MISSING', message: `the working folder ${spec.directory} does not exist`};
    case 'spawn-failed':
      return {code: 'SPAWN_FAILED', message: `${program} could not be started: ${describeSystemError(failure.cause)}`};
  }
}

/** `EMFILE, too many open files`: node's own message has the code only. */
function describeSystemError(cause: unknown): string {
  const [code, text] = getSystemErrorMap().get((cause as {errno?: number} | undefined)?.errno ?? 0) ?? [];
  if (code !== undefined) return `${code}, ${text}`;
  return cause instanceof Error ? cause.message : String(cause);
}

const commandNotFound = (program: string, searched: readonly string[]): Explanation => ({
  code: 'COMMAND_NOT_FOUND',
  message: program.includes('/')
    ? `there is no ${program} in ${searched.join()}`
    : `there is no command ${program} in the ${searched.length} folders of PATH`,
  hint: `install what provides ${program}, or correct the command`,
});

const commandOf = ({command: [file = '', ...args]}: LaunchSpec): string => renderCommand({file, args}, false);
