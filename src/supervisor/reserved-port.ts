import {randomInt} from 'node:crypto';
import {once} from 'node:events';
import {createServer} from 'node:net';
import {errorCode} from '../system/error.js';
import {findPortOwner} from '../system/port-owner.js';
import {LOOPBACK_ADDRESSES, type LoopbackAddress} from './endpoint.js';
import {findAccepting} from './probe.js';

// Below what Linux (32768) and macOS (49152) give to outgoing connections, so that no connection can sit on an app's port
// while a watcher restarts it, and above most ports that people choose by hand.
const FIRST_PORT = 20_000;
const LAST_PORT = 32_767;

/** How long a port is not given again: far more than an app takes to open it. */
const REUSE_AFTER_MS = 120_000;

const ATTEMPTS = 200;

const given = new Map<number, number>();

/** A port that is free on loopback now, and that no other call gets within two minutes. */
export async function reservePort(): Promise<number> {
  forgetOld(Date.now());
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (given.has(port)) continue;
    given.set(port, Date.now());
    if (await isPortFree(port)) return port;
  }
  throw new Error(`no free port between ${FIRST_PORT} and ${LAST_PORT} in ${ATTEMPTS} attempts`);
}

function forgetOld(now: number): void {
  for (const [port, time] of given) {
    if (now - time > REUSE_AFTER_MS) given.delete(port);
  }
}

/** Whether a program could open the port on both loopback addresses, as far as the machine has them. */
export async function isPortFree(port: number): Promise<boolean> {
  for (const host of LOOPBACK_ADDRESSES) {
    if (!(await canListen(host, port))) return false;
  }
  // BSD lets a specific address be opened beside a wildcard.
  return process.platform === 'linux' || (await findAccepting(LOOPBACK_ADDRESSES, port)) === undefined;
}

async function canListen(host: LoopbackAddress, port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen({host, port, exclusive: true}), 'listening');
    return true;
  } catch (error) {
    // EACCES: a privileged port, of which the app's own complaint says more.
    return ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EACCES'].includes(errorCode(error) ?? '');
  } finally {
    await new Promise(resolve => server.close(resolve));
  }
}

/** A port that was to be the app's and belongs to another program; `pid` where this user may see it. */
export type PortTaken = {readonly outcome: 'port-taken'; readonly port: number; readonly pid: number | undefined};

/** Undefined when the port is free. */
export async function findPortTaken(port: number): Promise<PortTaken | undefined> {
  if (await isPortFree(port)) return undefined;
  return {outcome: 'port-taken', port, pid: (await findPortOwner(port, 'tcp'))?.pid};
}
