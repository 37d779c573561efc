// The two pipes of the app contract beside its output: fd 3, on which the app reads its bootstrap
// document, and fd 4, on which it writes its port.
//
// They are real FIFOs, because SDKs take fd 3 for tako's only when it is one, and the
// 'pipe' of node:child_process is a socket pair. Node has no mkfifo, so the program of
// that name makes them in a private folder. Each FIFO is first opened for reading and
// writing: with that anchor in place neither end waits for the other to be opened. The
// app's end is in blocking mode, as programs expect; ours is not, so that an app that
// never reads cannot hold us up. Node opens everything close-on-exec, so an app started
// at the same time inherits no other's ends and the end of file is seen when it happens.
//
// The app's output takes two more of them: a FIFO gathers small writes, where a socket pair is
// full after some 270 of them (measured), and programs can open it again as /dev/stdout.
//
// With them comes another FIFO for apps that know nothing of the contract, which keeps its
// name: it is opened by that, in any process of the app, for each report anew. See
// report-channel.ts.

import {chmodSync, closeSync, constants, fchownSync, openSync, rmSync} from 'node:fs';
import {mkdtemp, readdir, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {errorCode, TakoError} from '../system/error.js';
import {run} from '../system/exec.js';

/** File descriptors of one pipe. Whoever holds them closes them. */
export type Pipe = {readonly read: number; readonly write: number};

export type ContractPipes = {
  /** We write, the app reads on fd 3. */
  readonly bootstrap: Pipe;
  /** The app writes on fd 4, we read. */
  readonly readiness: Pipe;
  /** Its fd 1 and fd 2. */
  readonly stdout: Pipe;
  readonly stderr: Pipe;
  /** The app opens it by its name and writes, we read. That we hold its other end keeps it from ending. */
  readonly report: Pipe & {readonly file: string};
};

/** Gives pipes without waiting for the program that makes them, as long as one start follows another. */
export type PipeSupply = {
  take(): Promise<ContractPipes>;
  close(): Promise<void>;
};

/** Making a pair takes a process: an app that is just starting, and who waits for it, go before the next one. */
const NEXT_SPARE_AFTER_MS = 500;

/** Begins at once to make a pair, and another some time after one is taken. */
export function createPipeSupply(open: () => Promise<ContractPipes> = openContractPipes): PipeSupply {
  let spare: Promise<ContractPipes> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const prepare = (): void => {
    const opening = open();
    spare = opening;
    // A failure is not kept for the next start, which tries again itself.
    opening.catch(() => {
      if (spare === opening) spare = undefined;
    });
  };
  prepare();
  void removeAbandoned(tmpdir());
  return {
    take: async () => {
      // The spare may be just failing.
      const pipes = spare ? spare.catch(() => open()) : open();
      spare = undefined;
      clearTimeout(timer);
      timer = setTimeout(prepare, NEXT_SPARE_AFTER_MS).unref();
      return pipes;
    },
    close: async () => {
      clearTimeout(timer);
      await spare?.then(closeContractPipes, () => {});
      spare = undefined;
    },
  };
}

export async function openContractPipes(): Promise<ContractPipes> {
  const folder = await makeFolder(tmpdir()).catch(() => makeFolder('/tmp'));
  try {
    const fileOf = (name: keyof ContractPipes): string => path.join(folder, name);
    await makeFifos(PIPES.map(fileOf));
    const pipes = openAll(fileOf);
    await Promise.all(PIPES.filter(name => name !== 'report').map(name => rm(fileOf(name))));
    return pipes;
  } catch (error) {
    await rm(folder, {recursive: true, force: true});
    throw error;
  }
}

const PIPES = ['bootstrap', 'readiness', 'stdout', 'stderr', 'report'] as const satisfies (keyof ContractPipes)[];

/** Others may go through the folder to a name that they know, and neither list nor change what is in it. */
const PASSABLE_FOLDER = 0o711;

/**
 * Makes the pipes those of the user an app runs as: only processes of that user, beside root's, can open them. The folder
 * stays ours, so that what is removed in it later is what we put there.
 */
export function givePipes(
  {bootstrap, readiness, stdout, stderr, report}: ContractPipes,
  owner: {uid?: number; gid?: number},
): void {
  const {uid, gid} = owner;
  if (uid === undefined || gid === undefined) return;
  for (const {read} of [bootstrap, readiness, stdout, stderr, report]) fchownSync(read, uid, gid);
  chmodSync(path.dirname(report.file), PASSABLE_FOLDER);
}

export function closeContractPipes({report, ...pipes}: ContractPipes): void {
  for (const pipe of Object.values(pipes)) closePipe(pipe);
  closeReport(report);
}

/** Ends the report FIFO, its name included. */
export function closeReport({read, write, file}: ContractPipes['report']): void {
  closePipe({read, write});
  removeReport(file);
}

/** Removes the FIFO's name and the folder it is in. */
export const removeReport = (file: string): void => rmSync(path.dirname(file), {recursive: true, force: true});

/** The TMPDIR that a long-running daemon was started with may have been removed since. */
const makeFolder = (parent: string): Promise<string> => mkdtemp(path.join(parent, `tako-pipes-${process.pid}-`));

/** Removes what processes that died before they could have left of pipes. Where it may not, it stays. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = Number(/^tako-pipes-(\d+)-/.exec(name)?.[1]);
    if (pid > 0 && !isProcess(pid)) await rm(path.join(parent, name), {recursive: true, force: true}).catch(() => {});
  }
}

function isProcess(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}

async function makeFifos(files: readonly string[]): Promise<void> {
  const {exitCode, stderr} = await run({file: 'mkfifo', args: ['-m', '600', ...files]});
  if (exitCode !== 0) throw new TakoError('PIPES_UNAVAILABLE', `the pipes for an app could not be made: ${stderr}`);
}

function openAll(fileOf: (name: keyof ContractPipes) => string): ContractPipes {
  const opened: Pipe[] = [];
  const open = (name: keyof ContractPipes, end: {ours: 'read' | 'write'}): Pipe => {
    const pipe = openPipe(fileOf(name), end);
    opened.push(pipe);
    return pipe;
  };
  try {
    return {
      bootstrap: open('bootstrap', {ours: 'write'}),
      readiness: open('readiness', {ours: 'read'}),
      stdout: open('stdout', {ours: 'read'}),
      stderr: open('stderr', {ours: 'read'}),
      report: {...open('report', {ours: 'read'}), file: fileOf('report')},
    };
  } catch (error) {
    opened.forEach(closePipe);
    throw error;
  }
}

function closePipe({read, write}: Pipe): void {
  closeSync(read);
  closeSync(write);
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
