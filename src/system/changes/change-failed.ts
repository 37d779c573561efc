import {TakoError} from '../error.js';
import {type CommandResult, renderCommand, type ShellCommand} from '../exec.js';

/** A step that did not work: what it was, what it said, and that it may be tried again. */
export const changeFailed = (command: ShellCommand, {exitCode, stdout, stderr}: CommandResult): TakoError =>
  new TakoError('CHANGE_FAILED', `a step did not work: ${renderCommand(command, true)}`, {
    hint: 'run the command again when the reason is gone: it goes on where it stopped; "tako setup --undo" takes all back',
    details: (stderr.trim() || stdout.trim() || `exit code ${exitCode}`).split('\n'),
  });
