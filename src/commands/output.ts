import {toProblem} from '../control/protocol.js';
import {renderTakoError, TakoError} from '../system/error.js';

/** A result: the only thing that goes to stdout. */
export const printResult = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);

/** A result for programs. */
export const printJson = (value: unknown): void => void process.stdout.write(`${JSON.stringify(value)}\n`);

/** Progress and remarks. */
export const printNote = (text: string): void => void process.stderr.write(`${text}\n`);

export type ReportOptions = {readonly isJson: boolean};

/**
 * An error: with its code, details and next step for what a user can act on, with its stack for a bug. As JSON it is one
 * line, since some commands print one document per line.
 */
export function reportError(error: unknown, {isJson}: ReportOptions): void {
  if (isJson) printJson({ok: false, error: toProblem(error)});
  else process.stderr.write(renderError(error));
}

function renderError(error: unknown): string {
  if (!(error instanceof TakoError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `this is a bug in tako:\n${stack}\n`;
  }
  return renderTakoError(error);
}
