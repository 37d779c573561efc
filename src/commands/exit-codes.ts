import {CommanderError} from 'commander';
import {TakoError} from '../system/error.js';
import {badUsage} from './bad-usage.js';
import {reportError} from './output.js';

/** Exit codes: docs/exit-codes.md. */
export const EXIT = {ok: 0, failure: 1, usage: 2, refused: 3, interrupted: 130} as const;

/** Prints what went wrong and says which code the process ends with. */
export function exitCodeOf(error: unknown, isJson: boolean): number {
  if (error instanceof CommanderError) return usageExitCode(error, isJson);
  reportError(error, {isJson});
  return error instanceof TakoError ? (EXIT_OF_CODE[error.code] ?? EXIT.failure) : EXIT.failure;
}

const EXIT_OF_CODE: Readonly<Record<string, number>> = {
  ELEVATION_REFUSED: EXIT.refused,
  CANCELLED: EXIT.interrupted,
  INTERRUPTED: EXIT.interrupted,
  LISTEN_INVALID: EXIT.usage,
  TO_INVALID: EXIT.usage,
  HOST_INVALID: EXIT.usage,
  STICKY_INVALID: EXIT.usage,
  OPTIONS_INVALID: EXIT.usage,
  BAD_DURATION: EXIT.usage,
  BAD_LEVEL: EXIT.usage,
  BAD_PATTERN: EXIT.usage,
};

/** commander has printed its message by then, except as JSON and where we raised the error while it parsed. */
function usageExitCode(error: CommanderError, isJson: boolean): number {
  if (error.exitCode === 0) return EXIT.ok;
  if (isJson) reportError(badUsage(error), {isJson});
  else if (error.code.startsWith('tako.')) process.stderr.write(`error: ${error.message}\n`);
  return EXIT.usage;
}
