// Processes of the bench: started pinned, waited for, read from /proc, stopped by their own number and never by name.
import {spawn} from 'node:child_process';
import {closeSync, openSync, readdirSync, readFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const READY_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 3_000;
/** What one tick in /proc/PID/stat lasts: USER_HZ, which Linux fixes at 100 for programs whatever the kernel uses. */
const MICROSECONDS_PER_TICK = 10_000;

const running = new Set();

process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** The command that runs `file` on one core only, or on any when `cpu` is undefined. */
export const pinned = (cpu, file, args) =>
  cpu === undefined ? {file, args} : {file: 'taskset', args: ['-c', String(cpu), file, ...args]};

/**
 * Starts a server and resolves when `port` on 127.0.0.1 accepts connections. What it prints goes to a file in `folder`; a
 * server that ends or stays silent for 15 s is an error that carries the end of that file.
 */
export async function startServer({name, cpu, file, args, port, folder, env = {}}) {
  const log = path.join(folder, `${name}.log`);
  const child = spawnLogged(pinned(cpu, file, args), {log, folder, env});
  try {
    await waitUntilListening(child, port);
  } catch (error) {
    await stop(child);
    throw new Error(`${name} ${error.message}: ${readEnd(log)}`);
  }
  return {pid: child.pid, close: () => stop(child)};
}

/** Processor time used so far by a process and its descendants, in microseconds, and the memory they hold, in KiB. */
export function readUsage(pid) {
  const tree = findTree(pid);
  return {
    cpuMicroseconds: tree.reduce((sum, {cpuTicks}) => sum + cpuTicks, 0) * MICROSECONDS_PER_TICK,
    residentKiB: tree.reduce((sum, {pid}) => sum + readResidentKiB(pid), 0),
  };
}

/** Sends SIGTERM, and SIGKILL to whatever of the tree is left after 3 s. */
export async function stop(child) {
  if (!running.has(child)) return;
  const tree = findTree(child.pid).map(({pid}) => pid);
  const exited = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([exited, sleep(STOP_TIMEOUT_MS, undefined, {ref: false})]);
  if (running.has(child)) for (const pid of tree) signalQuietly(pid, 'SIGKILL');
  await exited;
}

/** Stops everything that runs: what an interrupted bench does last, as its folder cannot go before those who write to it. */
export const stopAll = () => Promise.all([...running].map(stop));

/** Registers a child so that it does not outlive the bench. */
export function track(child) {
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => running.delete(child));
  return child;
}

function spawnLogged({file, args}, {log, folder, env}) {
  const output = openSync(log, 'a');
  try {
    return track(spawn(file, args, {cwd: folder, env: {...process.env, ...env}, stdio: ['ignore', output, output]}));
  } finally {
    closeSync(output);
  }
}

async function waitUntilListening(child, port) {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while (!(await accepts(port))) {
    if (!running.has(child)) throw new Error('ended at its start');
    if (Date.now() > deadline) throw new Error(`did not listen within ${READY_TIMEOUT_MS / 1_000} s`);
    await sleep(20);
  }
}

function accepts(port) {
  return new Promise(resolve => {
    const socket = net.connect(port, '127.0.0.1');
    const answer = isOpen => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
  });
}

/** A process and all that descend from it; nothing where there is no /proc. */
function findTree(pid) {
  const processes = readProcesses();
  const tree = processes.filter(each => each.pid === pid);
  for (const parent of tree) tree.push(...processes.filter(each => each.parent === parent.pid));
  return tree;
}

function readProcesses() {
  try {
    return readdirSync('/proc')
      .filter(entry => /^\d+$/.test(entry))
      .flatMap(readStat);
  } catch {
    return [];
  }
}

/** Fields by their number in proc(5), counted after the name, which may hold anything and ends at the last bracket. */
function readStat(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const field = number => Number(fields[number - 3]);
    return [{pid: Number(pid), parent: field(4), cpuTicks: field(14) + field(15)}];
  } catch {
    // It ended between the listing and the reading.
    return [];
  }
}

function readResidentKiB(pid) {
  try {
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

function readEnd(log) {
  const text = readFileSync(log, 'utf8').trim();
  return text === '' ? 'it printed nothing' : text.split('\n').slice(-3).join(' | ');
}

function signalQuietly(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone.
  }
}
