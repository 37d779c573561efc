// How an app's process is kept apart from others, where it is root that starts it.
//
// What has to be in place before the app's first instruction cannot all be done by the system call that starts it: the
// limit of open files is set by the process itself, and its control group is written from outside, by its pid. So a
// shell goes first. It sets the limit, waits at a gate for the word that the rest is done, and becomes the app: the pid
// stays. (A shell drops variables whose names it could not use itself, as those with a dot.)

import type {ChildProcess} from 'node:child_process';
import {constants} from 'node:fs';
import {access, stat} from 'node:fs/promises';
import path from 'node:path';
import type {Writable} from 'node:stream';
import type {LaunchSpec} from './launch-spec.js';

/** Empty: the app is a process like ours. */
export type Confinement = {
  /** The user it runs as, and its only group. */
  readonly uid?: number;
  readonly gid?: number;
  /** The most files it may have open. More than the system grants us is as many as that. */
  readonly openFiles?: number;
  /** Called when the process exists, before any code of the app runs. When it rejects, none does. */
  readonly admit?: (pid: number) => Promise<void>;
};

type Confined = {
  readonly command: readonly string[];
  readonly identity: {readonly uid?: number; readonly gid?: number};
  /** What its further file descriptors, from 5, are. */
  readonly gate: readonly 'pipe'[];
};

/** The app's end of the gate: behind those of the contract. */
const GATE_FD = 5;

/** The command that ends as the app, and as whom it is started. Rejects as `spawn` would when there is no such program. */
export async function confine(spec: LaunchSpec, confinement: Confinement): Promise<Confined> {
  const {uid, gid, openFiles} = confinement;
  const identity = {...(uid === undefined ? {} : {uid}), ...(gid === undefined ? {} : {gid})};
  if (!isGated(confinement)) return {command: spec.command, identity, gate: []};
  const [, ...args] = spec.command;
  const program = await findProgram(spec);
  return {command: ['/bin/sh', '-c', gateScript(openFiles), 'sh', program, ...args], identity, gate: ['pipe']};
}

const isGated = ({openFiles, admit}: Confinement): boolean => openFiles !== undefined || admit !== undefined;

/** Exits as a shell does that cannot run a program when the gate closes without a word. */
function gateScript(openFiles: number | undefined): string {
  const limit = openFiles === undefined ? '' : `ulimit -n ${openFiles} 2>/dev/null || ulimit -n "$(ulimit -H -n)"\n`;
  return `${limit}read -r _ <&${GATE_FD} || exit 126\nexec ${GATE_FD}<&-\nexec "$@"`;
}

/** Lets the app begin once it has been admitted. */
export async function openGate(child: ChildProcess & {readonly pid: number}, confinement: Confinement): Promise<void> {
  if (!isGated(confinement)) return;
  const gate = child.stdio.at(GATE_FD) as Writable;
  // It may have been killed meanwhile.
  gate.on('error', () => {});
  try {
    await confinement.admit?.(child.pid);
    gate.end('\n');
  } catch (error) {
    gate.destroy();
    throw error;
  }
}

/** Where the system would find the program: a shell that does not find it says so too late. */
async function findProgram({command: [name = ''], directory, environment}: LaunchSpec): Promise<string> {
  const folders = name.includes('/') ? [directory] : (environment.PATH?.split(path.delimiter) ?? []);
  let refusal: unknown;
  for (const folder of folders) {
    const file = path.resolve(directory, folder, name);
    const problem = await whyNotProgram(file);
    if (problem === undefined) return file;
    if (problem === 'EACCES') refusal = spawnError(name, problem);
  }
  throw refusal ?? spawnError(name, 'ENOENT');
}

async function whyNotProgram(file: string): Promise<'ENOENT' | 'EACCES' | undefined> {
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) return 'ENOENT';
  if (!info.isFile()) return 'EACCES';
  return access(file, constants.X_OK).then(
    () => undefined,
    () => 'EACCES',
  );
}

const spawnError = (name: string, code: string): Error => Object.assign(new Error(`spawn ${name} ${code}`), {code});
