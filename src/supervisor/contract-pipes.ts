// The two pipes of the app contract: fd 3, on which the app reads its bootstrap
// document, and fd 4, on which it writes its port.
//
// They are real FIFOs, because SDKs take fd 3 for tako's only when it is one, and the
// 'pipe' of node:child_process is a socket pair. Node has no mkfifo, so the program of
// that name makes them in a private folder. Each FIFO is first opened for reading and
// writing: with that anchor in place neither end waits for the other to be opened. The
// app's end is in blocking mode, as programs expect; ours is not, so that an app that
// never reads cannot hold us up. Node opens everything close-on-exec, so an app started
// at the same time inherits no other's ends and the end of file is seen when it happens.

import {closeSync, constants, openSync} from 'node:fs';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {TakoError} from '../system/error.js';
import {run} from '../system/exec.js';

/** File descriptors of one pipe. Whoever holds them closes them. */
export type Pipe = {readonly read: number; readonly write: number};

export type ContractPipes = {
  /** We write, the app reads on fd 3. */
  readonly bootstrap: Pipe;
  /** The app writes on fd 4, we read. */
  readonly readiness: Pipe;
};

/** Gives pipes without waiting for the program that makes them, as long as one start follows another. */
export type PipeSupply = {
  take(): Promise<ContractPipes>;
  close(): Promise<void>;
};

/** Begins at once to make a pair, and another each time one is taken. */
export function createPipeSupply(open: () => Promise<ContractPipes> = openContractPipes): PipeSupply {
  let spare: Promise<ContractPipes> | undefined;
  const prepare = (): void => {
    const opening = open();
    spare = opening;
    // A failure is not kept for the next start, which tries again itself.
    opening.catch(() => {
      if (spare === opening) spare = undefined;
    });
  };
  prepare();
  return {
    take: async () => {
      // The spare may be just failing.
      const pipes = spare ? spare.catch(() => open()) : open();
      prepare();
      return pipes;
    },
    close: async () => {
      await spare?.then(closeContractPipes, () => {});
      spare = undefined;
    },
  };
}

export async function openContractPipes(): Promise<ContractPipes> {
  const folder = await makeFolder(tmpdir()).catch(() => makeFolder('/tmp'));
  try {
    const files = {bootstrap: path.join(folder, 'bootstrap'), readiness: path.join(folder, 'readiness')};
    await makeFifos(Object.values(files));
    return openBoth(files);
  } finally {
    await rm(folder, {recursive: true, force: true});
  }
}

export function closeContractPipes({bootstrap, readiness}: ContractPipes): void {
  for (const fd of [bootstrap.read, bootstrap.write, readiness.read, readiness.write]) closeSync(fd);
}

/** The TMPDIR that a long-running daemon was started with may have been removed since. */
const makeFolder = (parent: string): Promise<string> => mkdtemp(path.join(parent, 'tako-pipes-'));

async function makeFifos(files: readonly string[]): Promise<void> {
  const {exitCode, stderr} = await run({file: 'mkfifo', args: ['-m', '600', ...files]});
  if (exitCode !== 0) throw new TakoError('PIPES_UNAVAILABLE', `the pipes for an app could not be made: ${stderr}`);
}

function openBoth(files: {bootstrap: string; readiness: string}): ContractPipes {
  const bootstrap = openPipe(files.bootstrap, {ours: 'write'});
  try {
    return {bootstrap, readiness: openPipe(files.readiness, {ours: 'read'})};
  } catch (error) {
    closeSync(bootstrap.read);
    closeSync(bootstrap.write);
    throw error;
  }
}

function openPipe(file: string, {ours}: {ours: 'read' | 'write'}): Pipe {
  const modeOf = (end: 'read' | 'write'): number => (end === ours ? constants.O_NONBLOCK : 0);
  const anchor = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
  try {
    const read = openSync(file, constants.O_RDONLY | modeOf('read'));
    return {read, write: openOrClose(read, file, constants.O_WRONLY | modeOf('write'))};
  } finally {
    closeSync(anchor);
  }
}

function openOrClose(opened: number, file: string, flags: number): number {
  try {
    return openSync(file, flags);
  } catch (error) {
    closeSync(opened);
    throw error;
  }
}
