import {quoteWord} from '../shell-quote.js';

/** What of the laptop's a step needs on its standard input. */
export type Payload = 'runtime' | 'program';

/**
 * One thing that an installation makes true. Its scripts run with the plan's variables; `check` succeeds when there is
 * nothing to do, so that a plan carried out twice changes nothing, and one over a broken installation repairs it.
 */
export type InstallStep = {
  readonly id: string;
  /** For people: what it does, as a command to the server. */
  readonly line: string;
  readonly check: string;
  readonly run: string;
  readonly payload?: Payload;
};

/** Shell variables that the scripts of a plan share. */
export type Variables = Readonly<Record<string, string>>;

/** The variables as the head of a script. */
export const renderVariables = (variables: Variables): string =>
  Object.entries(variables)
    .map(([name, value]) => `${name}=${quoteWord(value)}`)
    .join('\n');

type ProgramFile = Pick<InstallStep, 'id' | 'line'> & {
  /** In the folder bin. */
  readonly file: string;
  /** Has its text, without the last newline. */
  readonly variable: string;
};

/** Writes a script that can be run; it is whole at every moment. */
export const programFileStep = ({id, line, file, variable}: ProgramFile): InstallStep => ({
  id,
  line,
  check: `[ "$(cat "$root/bin/${file}")" = "$${variable}" ] && [ -x "$root/bin/${file}" ]`,
  run: `umask 022; printf '%s\\n' "$${variable}" >"$root/bin/${file}.new"
chmod 755 "$root/bin/${file}.new"; mv -f "$root/bin/${file}.new" "$root/bin/${file}"`,
});
