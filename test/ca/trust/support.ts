import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {TakoError} from '../../../src/system/error.js';
import type {CommandResult, Run, ShellCommand} from '../../../src/system/exec.js';

export type FakeCommands = {readonly run: Run; readonly commands: ShellCommand[]};

/** Commands that only answer: each is looked up by its line; one that is not listed is not installed. */
export function fakeCommands(answers: Readonly<Record<string, Partial<CommandResult>>>): FakeCommands {
  const commands: ShellCommand[] = [];
  const run: Run = async command => {
    commands.push(command);
    const answer = answers[lineOf(command)] ?? answers[command.file];
    if (!answer) throw new TakoError('TOOL_MISSING', `${command.file} is not installed`);
    return {exitCode: 0, stdout: '', stderr: '', ...answer};
  };
  return {run, commands};
}

export const lineOf = ({file, args}: ShellCommand): string => [file, ...args].join(' ');

/** Writes a file below `root`, with the folders above it. */
export async function place(root: string, file: string, content = ''): Promise<void> {
  await mkdir(path.dirname(path.join(root, file)), {recursive: true});
  await writeFile(path.join(root, file), content);
}
