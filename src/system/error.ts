/** What a user is told beside the message, and what a script can read. */
export type ErrorOptions = {
  /** The next step to take, as a sentence or a command. */
  readonly hint?: string;
  /** Further lines for a person: problems in a file, an app's last output. */
  readonly details?: readonly string[];
  readonly cause?: unknown;
};

/**
 * Something the user can act on. Anything else that is thrown is a bug and keeps its stack.
 * `code` is stable and listed in docs/errors.md; `message` is lower case without a full stop, so it can be wrapped.
 */
export class TakoError extends Error {
  override readonly name = 'TakoError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];

  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(message, {cause: options.cause});
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? [];
  }
}

/** The errno name of a system error (`EADDRINUSE`), if it has one. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as {code?: unknown} | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** What happened with its code, its details, and the next step: lines for a person. */
export function renderTakoError({code, message, hint, details}: TakoError): string {
  const lines = [
    `error: ${message} [${code}]`,
    ...details.map(line => `  ${line}`),
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ];
  return lines.map(line => `${line}\n`).join('');
}
