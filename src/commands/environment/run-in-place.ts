// A program that stands where we stand: its input, output and terminal are ours, so are its signals and its end.

import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, openSync} from 'node:fs';
import {constants} from 'node:os';
import type {Command} from '../../config/config.js';
import {errorCode, TakoError} from '../../system/error.js';

export type RunPlace = {
  /** The working folder. Absolute. */
  readonly directory: string;
  /** All of it: nothing of ours is added. */
  readonly environment: Readonly<Record<string, string>>;
};

/** Signals that are sent to us and meant for the program. */
const PASSED = ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** A terminal sends these to every process in front of it, and so to the program as well. */
const OF_A_TERMINAL = ['SIGINT', 'SIGQUIT'] as const;

/**
 * Runs it to its end, and ends this process in the same way as soon as nothing else is to be done. Throws
 * COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE and ENVIRONMENT_TOO_LARGE.
 */
export async function runInPlace([file, ...args]: Command, {directory, environment}: RunPlace): Promise<void> {
  let child: ChildProcess | undefined;
  // Before there is a program: it may signal us, or be known to others, as soon as it runs.
  const stopPassing = passSignals(signal => child?.kill(signal));
  try {
    child = spawn(file, args, {cwd: directory, env: environment, stdio: 'inherit'});
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    stopPassing();
    end(code, signal);
  } catch (error) {
    throw explain(error, file);
  } finally {
    stopPassing();
  }
}

function passSignals(pass: (signal: NodeJS.Signals) => void): () => void {
  const ignore = (): void => undefined;
  const hasTerminal = isOfTerminal();
  const listeners = [
    ...PASSED.map(signal => [signal, () => pass(signal)] as const),
    ...OF_A_TERMINAL.map(signal => [signal, hasTerminal ? ignore : () => pass(signal)] as const),
  ];
  for (const [signal, listener] of listeners) process.on(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

/** Whether this process belongs to a terminal: it does also where its output goes into a file. */
function isOfTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}

/**
 * A shell ends a loop by Ctrl-C only when what it ran ended by it (wait and cooperative exit); any other signal is told by
 * the code that shells give it, without a second core dump.
 */
function end(code: number | null, signal: NodeJS.Signals | null): void {
  process.exitCode = code ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0);
  if (signal === 'SIGINT') process.kill(process.pid, signal);
}

function explain(error: unknown, file: string): unknown {
  switch (errorCode(error)) {
    case 'ENOENT':
      return new TakoError('COMMAND_NOT_FOUND', `there is no program ${file}`, {
        hint: 'it is searched in PATH and node_modules/.bin',
      });
    case 'EACCES':
      return new TakoError('COMMAND_NOT_EXECUTABLE', `${file} is not executable`, {hint: `chmod +x ${file}`});
    case 'E2BIG':
      return new TakoError('ENVIRONMENT_TOO_LARGE', 'the system does not take so many or so long variables', {
        hint: 'Linux takes 128 KiB for one of them, and TAKO_BOOTSTRAP_DATA has all secrets: keep what is longer in files',
      });
    default:
      return error;
  }
}
