// What the machine offers: cores to pin to, tools that are installed, ports that are free.
import {execFileSync, spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import net from 'node:net';
import os from 'node:os';

/**
 * The core of the proxy and the core of everything else, by number, out of those this process may use. On a machine with
 * one core both are the same; where `taskset` is missing there are none and nothing is pinned.
 */
export function findCores() {
  if (findVersion('taskset', ['--version']) === undefined) return {proxy: undefined, load: undefined};
  const allowed = parseCoreList(execFileSync('taskset', ['-cp', String(process.pid)], {encoding: 'utf8'}));
  return {proxy: allowed[0], load: allowed[1] ?? allowed[0]};
}

/** The first line a command prints about its version, or nothing when it cannot be started. */
export function findVersion(file, args) {
  const {error, stdout, stderr} = spawnSync(file, args, {encoding: 'utf8', timeout: 10_000});
  return error ? undefined : `${stdout}${stderr}`.trim().split('\n')[0];
}

/** A port on 127.0.0.1 nobody listens on at this moment. */
export async function findFreePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve, reject) => server.once('listening', resolve).once('error', reject));
  const {port} = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}

/** Open files a process may have, which is what limits how many connections can be held open. */
export function readOpenFileLimit() {
  const limit = spawnSync('sh', ['-c', 'ulimit -Hn'], {encoding: 'utf8'}).stdout?.trim();
  return limit === 'unlimited' ? Number.POSITIVE_INFINITY : Number(limit) || 1_024;
}

/** Everything about the machine that a reader of the numbers needs to know. */
export function describeMachine() {
  const cpus = os.cpus();
  return {
    platform: `${os.type()} ${os.release()} ${os.arch()}`,
    processor: cpus[0]?.model ?? 'unknown',
    cores: cpus.length,
    memoryMiB: Math.round(os.totalmem() / 2 ** 20),
    node: process.version,
    openssl: process.versions.openssl,
    loadAverage: readLoadAverage(),
  };
}

function readLoadAverage() {
  try {
    return readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ');
  } catch {
    return os
      .loadavg()
      .map(load => load.toFixed(2))
      .join(' ');
  }
}

/** `pid 1's current affinity list: 0,2-4` gives 0, 2, 3, 4. */
function parseCoreList(text) {
  const list = text.slice(text.lastIndexOf(':') + 1).trim();
  return list.split(',').flatMap(part => {
    const [first, last = first] = part.split('-').map(Number);
    return Array.from({length: last - first + 1}, (_, index) => first + index);
  });
}
