// The next step where the app is a release on a server: nobody sits there, what is installed there by hand is gone with the
// next release, and what helps is a change here and another deploy.

import type {LaunchSpec} from '../launch-spec.js';
import type {Circumstances, Explanation, Words} from './rule.js';

type Remote = NonNullable<LaunchSpec['remote']>;
type RemoteHint = (words: Words, remote: Remote, circumstances: Circumstances) => string;

/** The hint in the place of the one for a laptop, which stays where it holds on a server too. */
export function remoteHint(
  {code, hint: local}: Explanation,
  words: Words,
  remote: Remote,
  circumstances: Circumstances,
): string {
  if (local !== undefined && HOLDS_ANYWHERE.has(code)) return local;
  const hint = HINTS[code];
  return hint ? hint(words, remote, circumstances) : seeLog(remote);
}

const HOLDS_ANYWHERE: ReadonlySet<string> = new Set(['APP_LISTENS_ELSEWHERE']);

const seeLog = ({log}: Remote): string => `"${log}" shows all that it said`;

const AGAIN = 'and deploy again';

const HINTS: Readonly<Record<string, RemoteHint>> = {
  DEPENDENCIES_MISSING: ({name}) =>
    `a release has the packages of "dependencies" in package.json, not those of devDependencies: add ${name ?? 'what it needs'} there, ${AGAIN}`,
  COMMAND_NOT_FOUND: ({program}) =>
    `let a package of "dependencies" bring ${program ?? 'the command'}, or install it on the server for all; or correct start in tako.toml`,
  COMMAND_NOT_EXECUTABLE: () => `make it executable (chmod +x) in the project, ${AGAIN}`,
  SCRIPT_MISSING: ({script}) => `add the script ${script} to package.json, or correct start in tako.toml, ${AGAIN}`,
  SETTING_MISSING: ({name}, {environment}) =>
    `set ${name} under [vars.${environment}] in tako.toml, ${AGAIN}: .env files stay on your machine`,
  APP_FILE_MISSING: () =>
    `what .gitignore names, .env files and what [build] leaves out are not in a release: have the build make it, ${AGAIN}`,
  APP_PERMISSION_DENIED: () => 'on a server an app may write only to the folder in TAKO_DATA_DIR',
  APP_PORT_IN_USE: () => 'let the app listen on the port in its variable PORT, which is always free',
  APP_PORT_DENIED: () => 'let the app listen on the port in its variable PORT; the server itself has 80 and 443',
  APP_OUT_OF_MEMORY: () =>
    `find what takes so much, or allow more by memory under [limits] in tako.toml, as far as the server has it`,
  APP_KILLED: () =>
    `it may have needed more memory than it has: see memory under [limits] in tako.toml, and what the server has`,
  APP_ENDED: () => `start in tako.toml has to name a command that keeps running and serves`,
  APP_NOT_READY: (_, remote) =>
    `let it listen on the port in its variable PORT; if it only needs longer, raise ready_timeout in tako.toml; ${seeLog(remote)}`,
  APP_SYNTAX_ERROR: ({place}) => `correct ${place}, ${AGAIN}`,
  APP_CRASHED: ({place}, remote) => (place === undefined ? seeLog(remote) : `look at ${place}; ${seeLog(remote)}`),
  TYPESCRIPT_UNSUPPORTED: ({file}) => `have the build make JavaScript of ${file ?? 'it'}, and start that`,
  RUNTIME_VERSION_WRONG: () => `ask for the version that it needs, as in runtime = "node@24" in tako.toml, ${AGAIN}`,
  WORKING_FOLDER_MISSING: () => 'somebody has deleted the files of the release there: deploy again',
};
