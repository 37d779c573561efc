/** Who the user is and where things are; XDG_ and LC_ are groups, TAKO_ is our own. */
const KEPT = /^(?:HOME|USER|LOGNAME|SHELL|PATH|LANG|LANGUAGE|TZ|(?:LC|XDG|TAKO)_\w+)$/;
/** Where one login session keeps its files, and what one process was given: gone before the daemon is. */
const OF_A_SESSION = new Set(['XDG_RUNTIME_DIR', 'TAKO_INSTANCE', 'TAKO_BOOTSTRAP_DATA']);

/**
 * What of a terminal's environment the daemon gets, which outlives that terminal: not its temporary folder, nor options
 * for Node that name files relative to where it was. Apps get their own terminal's environment, whole.
 */
export function daemonEnvironment(terminal: NodeJS.ProcessEnv, dataFolder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(terminal).filter(([name]) => KEPT.test(name) && !OF_A_SESSION.has(name));
  // The daemon runs in the root folder, from where a relative TAKO_HOME would be another one.
  return {...Object.fromEntries(kept), ...(terminal.TAKO_HOME ? {TAKO_HOME: dataFolder} : {})};
}
