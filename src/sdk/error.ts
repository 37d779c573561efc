/** What a person is told beside the message. */
export type ErrorOptions = {
  /** The next step to take, as a sentence or a command. */
  readonly hint?: string;
  readonly cause?: unknown;
};

/**
 * Something the author of an app can act on. `code` is stable and listed in docs/errors.md; anything else that is thrown is a
 * bug and keeps its own class.
 */
export class TakoError extends Error {
  override readonly name = 'TakoError';
  readonly code: string;
  readonly hint: string | undefined;

  constructor(code: string, message: string, {hint, cause}: ErrorOptions = {}) {
    super(message, cause === undefined ? {} : {cause});
    this.code = code;
    this.hint = hint;
  }
}

/** What happened with its code, and the next step: lines for a person. Other errors with their stack. */
export function renderError(error: unknown): string {
  if (!(error instanceof TakoError)) return error instanceof Error ? (error.stack ?? String(error)) : String(error);
  const hint = error.hint === undefined ? '' : `\n  ${error.hint}`;
  return `error: ${error.message} [${error.code}]${hint}`;
}

/** The errno name of a system error (`EADDRINUSE`), if it has one. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as {code?: unknown} | null)?.code;
  return typeof code === 'string' ? code : undefined;
}
