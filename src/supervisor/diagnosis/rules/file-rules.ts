import {renderCommand} from '../../../system/exec.js';
import {type Circumstances, lastLine, type Rule} from '../rule.js';

const fileMissing: Rule = {
  id: 'file-missing',
  code: 'APP_FILE_MISSING',
  find: lastLine(
    // Node and Bun: a path, not a package
    /\bCannot find module '(?<file>(?:\.{0,2}\/|file:)[^']*)'/,
    /\bENOENT: no such file or directory, \w+ '(?<file>[^']+)'/,
    // node --env-file
    /^node: (?<file>\S.{0,200}): not found$/,
    /\bcan't open file '(?<file>[^']+)': \[Errno 2\]/,
    /^FileNotFoundError: \[Errno 2\] No such file or directory: '(?<file>[^']+)'/,
    // Go, where an error is logged or panicked with
    /\b(?:open|stat|chdir) (?<file>[^\s:]+): no such file or directory\b/,
    /\bCould not find a production build in the '(?<file>[^']+)' directory/,
    /\bModule not found "(?<file>[^"]+)"/,
  ),
  cause: ({file}) => `${file} does not exist`,
  hint: ({file = ''}, circumstances) => createFile(file, circumstances),
};

const fileDenied: Rule = {
  id: 'file-denied',
  code: 'APP_PERMISSION_DENIED',
  find: lastLine(
    /\bEACCES: permission denied, \w+ '(?<file>[^']+)'/,
    /\bEPERM: operation not permitted, \w+ '(?<file>[^']+)'/,
    /^PermissionError: \[Errno 13\] Permission denied: '(?<file>[^']+)'/,
    /\b(?:open|stat|chdir) (?<file>[^\s:]+): permission denied\b/,
    /^(?:\/bin\/)?(?:sh|bash|dash|ash|ksh): (?:line )?(?:\d+: )?(?<file>[^:]+): Permission denied$/,
    /^\S*python[\d.]*: can't open file '(?<file>[^']+)': \[Errno 13\]/,
  ),
  cause: ({file}) => `this user has no right to ${file}`,
  hint: ({file = ''}) => `${shell('ls', '-l', file)} shows whose it is; give your user the right to it`,
};

/** A file that the app needs is not there, or not for it. */
export const FILE_RULES: readonly Rule[] = [fileMissing, fileDenied];

/** Quoted where it needs to be: the words come from output, and are for copying. */
const shell = (file: string, ...args: readonly string[]): string => renderCommand({file, args}, false);

/** What a build makes, by the folders of the common tools. */
const BUILT = /(?:^|\/)(?:dist|build|out|\.next|\.output|\.svelte-kit)(?:\/|$)/;
const ENVIRONMENT_FILE = /(?:^|\/)\.env(?:\.[\w-]+)*$/;

function createFile(file: string, {facts: {packageManager, scripts, manifests}, spec}: Circumstances): string {
  const example = manifests.find(manifest => manifest.startsWith('.env.'));
  if (ENVIRONMENT_FILE.test(file))
    return example ? `${shell('cp', example, file)} in ${spec.directory}, and fill it in` : `create ${file}`;
  if (BUILT.test(file) && packageManager !== undefined && scripts.includes('build')) {
    return `build it first: ${packageManager} run build in ${spec.directory}`;
  }
  return `create it, or correct the path; the app runs in ${spec.directory}`;
}
