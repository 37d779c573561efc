// Which process is which. A pid alone does not say: it is given to another process later.
// With the time its process started it does.
//
// Linux tells by the files of /proc; elsewhere (macOS) the program ps is asked.

import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {errorCode} from './error.js';
import {run} from './exec.js';

export type ProcessIdentity = {
  readonly pid: number;
  /** Opaque. Equal for the same process, different for any other that has the pid, also after a reboot. */
  readonly startTime: string;
  readonly parent: number;
  /** One letter, as ps prints it: `R`, `S`, `Z` for a zombie. */
  readonly state: string;
  readonly group: number;
  /** 0 where the system does not tell (macOS). */
  readonly session: number;
};

/** One system's way to ask. */
export type ProcessTable = {
  find(pid: number): Promise<ProcessIdentity | undefined>;
  all(): Promise<readonly ProcessIdentity[]>;
  name(pid: number): Promise<string | undefined>;
  environmentHas(pid: number, entry: string): Promise<boolean>;
  residentBytes(pid: number): Promise<number>;
};

/** The process with this pid now; a zombie counts. */
export const processIdentity = (pid: number): Promise<ProcessIdentity | undefined> => systemTable.find(pid);

export const allProcesses = (): Promise<readonly ProcessIdentity[]> => systemTable.all();

/** The name of its program, for a message. */
export const processName = (pid: number): Promise<string | undefined> => systemTable.name(pid);

/** Whether the process was started with `NAME=value` in its environment. False when it may not be read. */
export const environmentHas = (pid: number, entry: string): Promise<boolean> => systemTable.environmentHas(pid, entry);

/** All processes of a group, zombies too. */
export async function groupMembers(group: number): Promise<readonly ProcessIdentity[]> {
  return (await allProcesses()).filter(member => member.group === group);
}

/** Resident memory of each group in bytes. What processes of a group share is counted for each of them. */
export async function memoryOfGroups(groups: Iterable<number>): Promise<ReadonlyMap<number, number>> {
  const sizes = new Map(Array.from(groups, group => [group, 0]));
  for (const {pid, group} of await allProcesses()) {
    const size = sizes.get(group);
    if (size !== undefined) sizes.set(group, size + (await systemTable.residentBytes(pid)));
  }
  return sizes;
}

/** False for a zombie: it has ended, and holds nothing but its pid. */
export const isRunning = ({state}: ProcessIdentity): boolean => state !== 'Z' && state !== 'X';

export const procTable: ProcessTable = {
  find: async pid => {
    const stat = await readProc(pid, 'stat');
    return stat === undefined ? undefined : parseProcStat(stat, await bootId());
  },
  all: async () => {
    const found: ProcessIdentity[] = [];
    // One after the other: as many open files as processes could be more than we may have.
    for (const entry of await readdir('/proc')) {
      const identity = /^\d+$/.test(entry) ? await procTable.find(Number(entry)) : undefined;
      if (identity) found.push(identity);
    }
    return found;
  },
  // What it was started as: the name in comm may be that of a thread, as node's is.
  name: async pid =>
    path.basename((await readProc(pid, 'cmdline'))?.split('\0')[0] ?? '') || (await readProc(pid, 'comm'))?.trimEnd(),
  environmentHas: async (pid, entry) => (await readProc(pid, 'environ'))?.split('\0').includes(entry) ?? false,
  // Not statm, which counts pages: their size differs between machines and Node does not tell it.
  residentBytes: async pid => kibibytes(/^VmRSS:\s+(\d+) kB$/m.exec((await readProc(pid, 'status')) ?? '')?.[1]),
};

/** The line of /proc/PID/stat; the program's name in it may itself contain spaces and parentheses. */
export function parseProcStat(stat: string, boot: string): ProcessIdentity {
  const [state = '', parent, group, session, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // Field 22 of proc_pid_stat(5), in clock ticks since boot: the same pid can have the same one after another boot.
  const ticks = rest[15];
  return {
    pid: Number.parseInt(stat, 10),
    startTime: `${boot}/${ticks}`,
    parent: Number(parent),
    state,
    group: Number(group),
    session: Number(session),
  };
}

let knownBootId: Promise<string> | undefined;

function bootId(): Promise<string> {
  knownBootId ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    id => id.trim(),
    () => '',
  );
  return knownBootId;
}

/** Undefined when the process has gone or is not ours to read. */
async function readProc(pid: number, file: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    if (UNREADABLE.has(errorCode(error) ?? '')) return undefined;
    throw error;
  }
}

const UNREADABLE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

const IDENTITY_COLUMNS = 'pid=,ppid=,pgid=,sess=,stat=,lstart=';

export const psTable: ProcessTable = {
  find: async pid => parsePsLine(await ps('-o', IDENTITY_COLUMNS, '-p', String(pid))),
  all: async () =>
    (await ps('-A', '-o', IDENTITY_COLUMNS))
      .split('\n')
      .map(parsePsLine)
      .filter(identity => identity !== undefined),
  name: async pid => path.basename((await ps('-o', 'comm=', '-p', String(pid))).trim()) || undefined,
  // -E adds the environment after the command, -ww keeps all of it.
  environmentHas: async (pid, entry) =>
    (await ps('-Eww', '-o', 'command=', '-p', String(pid))).trimEnd().split(' ').includes(entry),
  residentBytes: async pid => kibibytes((await ps('-o', 'rss=', '-p', String(pid))).trim()),
};

/** A line of IDENTITY_COLUMNS: `  123     1   123     0 Ss   Mon Jan  5 10:00:00 2026`. */
export function parsePsLine(line: string): ProcessIdentity | undefined {
  const [pid, parent, group, session, state, ...startTime] = line.trim().split(/\s+/);
  if (!pid || !state) return undefined;
  return {
    pid: Number(pid),
    startTime: startTime.join(' '),
    parent: Number(parent),
    state: state.slice(0, 1),
    group: Number(group),
    session: Number.parseInt(session ?? '', 10) || 0,
  };
}

// The C locale and UTC, so that a start time reads the same whoever asks.
const ps = async (...args: readonly string[]): Promise<string> =>
  (await run({file: 'ps', args}, {environment: {...process.env, LC_ALL: 'C', TZ: 'UTC'}})).stdout;

const kibibytes = (count: string | undefined): number => Number(count ?? 0) * 1024;

const systemTable = process.platform === 'linux' ? procTable : psTable;
