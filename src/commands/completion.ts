import {readFile} from 'node:fs/promises';
import type {Command} from 'commander';
import {type Candidate, findCandidates} from './completion/candidates.js';
import {loadValues} from './completion/values.js';
import {printResult} from './output.js';

/** Prints the script that has a shell ask `tako __complete`. */
export async function printCompletion(shell: string): Promise<void> {
  printResult(await readFile(new URL(`../../templates/completion/tako.${shell}`, import.meta.url), 'utf8'));
}

/**
 * Prints what the last of the words may become, a line each: it, a tab, and what it is. `:files` and `:folders` stand for
 * what the shell finds by itself.
 */
export async function complete(program: Command, words: readonly string[]): Promise<void> {
  const {candidates, valueName, prefix} = findCandidates(program, words);
  const values = valueName === undefined ? [] : await loadValues(valueName);
  const looked = values.map(one => (isForShell(one) ? one : {...one, value: prefix + one.value}));
  const fitting = [...candidates, ...looked].filter(one => isForShell(one) || one.value.startsWith(words.at(-1) ?? ''));
  const text = fitting.map(({value, description}) => `${value}\t${description}\n`).join('');
  // A daemon that does not answer is not waited for.
  process.stdout.write(text, () => process.exit());
}

const isForShell = ({value}: Candidate): boolean => value.startsWith(':');
