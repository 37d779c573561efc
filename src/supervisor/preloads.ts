// How the small programs that report listeners get into an app's processes: by variables
// that every runtime reads itself, so that they pass through runners and watchers.

import {fileURLToPath} from 'node:url';
import {REPORT_FILE} from './report-channel.js';

// Both run inside the user's processes, so they are files of their own. The first is compiled: its built form is used
// when this file runs from src/ too.
const NODE_PRELOAD = fileURLToPath(new URL('../../dist/supervisor/preload/report-listeners.cjs', import.meta.url));
const PYTHON_FOLDER = fileURLToPath(new URL('../../templates/python', import.meta.url));

/** What is added to an app's environment so that its listeners are reported to that file. Nothing of the user's is lost. */
export function reportingEnvironment(
  environment: Readonly<NodeJS.ProcessEnv>,
  {port, file}: {readonly port: number; readonly file: string},
): NodeJS.ProcessEnv {
  return {
    [REPORT_FILE]: file,
    NODE_OPTIONS: nodeOptions(environment.NODE_OPTIONS, NODE_PRELOAD),
    BUN_OPTIONS: bunOptions(environment.BUN_OPTIONS, NODE_PRELOAD),
    PYTHONPATH: withFolder(environment.PYTHONPATH, PYTHON_FOLDER),
    DENO_SERVE_ADDRESS: ownDenoAddress(environment) ?? `tcp:127.0.0.1:${port}`,
  };
}

/** The user's options and a module to load before everything else. Double quotes go around a word that needs them. */
export function nodeOptions(options = '', file: string): string {
  const word = /[\s"\\]/.test(file) ? `"${file.replace(/["\\]/g, '\\$&')}"` : file;
  return join(options, `--require ${word}`);
}

/** The same for Bun, which (1.4, measured) reads quotes around a whole option, and only if that comes first. */
export function bunOptions(options = '', file: string): string {
  const option = `--preload=${file}`;
  if (!/\s/.test(file)) return join(options, option);
  return join(file.includes("'") ? `"${option}"` : `'${option}'`, options);
}

/**
 * `deno serve` runs no preload, ignores PORT and takes no other address while this is set. Where the preload runs, in
 * `deno run`, it takes it away again. One that is there already is the user's own, except inside an app of tako.
 */
const ownDenoAddress = (environment: Readonly<NodeJS.ProcessEnv>): string | undefined =>
  environment[REPORT_FILE] === undefined ? environment.DENO_SERVE_ADDRESS : undefined;

/** Nothing twice, as when tako itself runs inside an app of tako. */
function join(first: string, second: string): string {
  if (first.includes(second)) return first;
  return second.includes(first) ? second : `${first} ${second}`;
}

function withFolder(folders = '', folder: string): string {
  const others = folders.split(':').filter(other => other !== '' && other !== folder);
  return [folder, ...others].join(':');
}
