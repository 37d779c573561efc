/** What the command line of `tako init` says. */
export type InitFlags = {
  readonly name?: string;
  readonly route?: string;
  readonly template?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  /** As `npm create tako` calls it: a new app from a template, in a folder of its own. */
  readonly new?: boolean;
};
