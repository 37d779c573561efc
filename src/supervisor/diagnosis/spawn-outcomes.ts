// Why there is no process.

import path from 'node:path';
import {getSystemErrorMap} from 'node:util';
import type {CommandNotFound, SpawnFailure} from '../spawn-failure.js';
import type {Circumstances, Explanation} from './rule.js';
import {installProgram} from './rules/dependency-rules.js';

/** The system did not start anything. */
export function explainSpawn({spec}: Circumstances, failure: SpawnFailure): Explanation {
  const program = spec.command[0] ?? '';
  switch (failure.outcome) {
    case 'command-not-found':
      return commandNotFound(program, failure, spec);
    case 'interpreter-missing':
      return {
        code: 'COMMAND_NOT_FOUND',
        message: `the interpreter of ${failure.file} is not installed`,
        hint: 'the first line of the file names it',
      };
    case 'command-not-executable':
      return {code: 'COMMAND_NOT_EXECUTABLE', message: `${program} is not executable`, hint: `chmod +x ${program}`};
    case 'folder-missing':
      return {
        code: 'WORKING_FOLDER_MISSING',
        message: `the working folder ${spec.directory} does not exist`,
        hint: `bring the folder back, or tako stop ${spec.app}`,
      };
    case 'spawn-failed':
      return {code: 'SPAWN_FAILED', message: `${program} could not be started: ${describeSystemError(failure.cause)}`};
  }
}

const commandNotFound = (program: string, failure: CommandNotFound, spec: Circumstances['spec']): Explanation => ({
  code: 'COMMAND_NOT_FOUND',
  message: program.includes('/')
    ? `there is no ${program} in ${failure.searched.join()}`
    : `there is no command ${program} in the ${failure.searched.length} folders of PATH`,
  hint:
    (failure.similar === undefined ? undefined : `did you mean ${failure.similar}?`) ??
    installProgram(path.basename(program), {facts: failure.facts, spec}) ??
    `install what provides ${program}, or correct the command`,
});

/** `EMFILE, too many open files`: node's own message has the code only. */
function describeSystemError(cause: unknown): string {
  const [code, text] = getSystemErrorMap().get((cause as {errno?: number} | undefined)?.errno ?? 0) ?? [];
  if (code !== undefined) return `${code}, ${text}`;
  return cause instanceof Error ? cause.message : String(cause);
}
