// The end of a child that this process had before it became another program (execve keeps children). Node waits for those
// alone that it has started itself, so such a child stays a zombie when it has ended, and its code is read from there.

import {readFile} from 'node:fs/promises';
import {constants} from 'node:os';
import {errorCode} from '../system/error.js';
import type {Exit} from './instance.js';

type Waiting = {readonly pid: number; readonly resolve: (exit: Exit) => void};

const waiting = new Set<Waiting>();

/** Resolves when the child has ended; with neither code nor signal where nothing is left that would tell them. */
export async function exitOfInherited(pid: number): Promise<Exit> {
  if (waiting.size === 0) process.on('SIGCHLD', look);
  const {promise, resolve} = Promise.withResolvers<Exit>();
  waiting.add({pid, resolve});
  look();
  return promise;
}

/** One signal may stand for several children. */
function look(): void {
  for (const one of waiting) {
    void readEnd(one.pid).then(exit => {
      if (!exit || !waiting.delete(one)) return;
      if (waiting.size === 0) process.off('SIGCHLD', look);
      one.resolve(exit);
    });
  }
}

/** Undefined: it runs. */
export async function readEnd(pid: number): Promise<Exit | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(error => {
    if (['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')) return undefined;
    throw error;
  });
  return stat === undefined ? UNKNOWN : parseEnd(stat, process.pid);
}

const UNKNOWN: Exit = {code: null, signal: null};

/**
 * Of proc_pid_stat(5): the fields behind the name, of which 3 is the state, 4 the parent, 20 the number of threads, 52 the
 * status.
 */
export function parseEnd(stat: string, parent: number): Exit | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number): number => Number(fields[number - FIRST_FIELD]);
  // The pid is another's by now.
  if (field(4) !== parent) return UNKNOWN;
  // Where the main thread alone has ended, it is a zombie too, and the process is not over.
  if (fields[0] !== 'Z' || field(20) > 1) return undefined;
  return exitOfStatus(field(52));
}

const FIRST_FIELD = 3;

/** As wait(2) puts it: the code in the second byte, or the signal in the first. */
function exitOfStatus(status: number): Exit {
  const number = status & 0x7f;
  if (number === 0) return {code: (status >> 8) & 0xff, signal: null};
  const signal = Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? `SIG${number}`;
  return {code: null, signal};
}
