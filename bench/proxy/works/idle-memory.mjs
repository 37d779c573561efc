import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {startClient} from '../load/client.mjs';
import {runWrk} from '../load/wrk.mjs';
import {readOpenFileLimit} from '../machine.mjs';
import {readUsage} from '../process.mjs';

const script = path.resolve(import.meta.dirname, '../load/idle-connections.mjs');
const CONNECTIONS = 5_000;
const CONNECTIONS_IF_QUICK = 200;
/** Open files a process needs besides: its upstream connections, libraries, pipes. */
const OTHER_FILES = 300;
const SETTLE_MS = 1_000;
const SETTLE_MS_IF_QUICK = 200;

export const idleMemory = {
  name: 'memory',
  title: 'memory of the proxy per idle keep-alive TLS connection, one request made on each',
  unit: 'KiB',
  tools: [],
  upstream: 'files',
  serves: proxy => ['tako', 'nginx', 'haproxy', 'caddy', 'http-proxy'].includes(proxy.name),
  /** A process that has grown once keeps what it has, so every sample needs a new one. */
  startsAnew: true,
  /** Opening 5,000 connections takes long, and memory varies little. */
  mostRounds: 3,
  targets: [{limit: 48}, {peer: 'nginx'}],

  prepare(_subjects, {isQuick}) {
    const wanted = isQuick ? CONNECTIONS_IF_QUICK : CONNECTIONS;
    const connections = Math.min(wanted, readOpenFileLimit() - OTHER_FILES);
    return {connections, note: describe(connections)};
  },

  async measure(subject, {cores, missing, isQuick}, {connections}) {
    const settleMs = isQuick ? SETTLE_MS_IF_QUICK : SETTLE_MS;
    // What the first requests cost once, compiled code above all, is not a matter of connections.
    if (!isQuick && !missing.has('wrk')) await runWrk(subject, {connections: 32, seconds: 1, cpu: cores.load});
    await sleep(settleMs);
    const before = readUsage(subject.pid);
    const client = startClient({cpu: cores.load, script, args: [subject.port, subject.host, connections]});
    try {
      const {open, failed} = await client.next();
      await sleep(settleMs);
      return createMemorySample({before, after: readUsage(subject.pid), open, failed});
    } finally {
      await client.close();
    }
  },
};

const describe = connections =>
  connections < CONNECTIONS ? `${connections} connections instead of ${CONNECTIONS}` : `${connections} connections`;

const createMemorySample = ({before, after, open, failed}) => ({
  value: (after.residentKiB - before.residentKiB) / open,
  cpuMicrosecondsPerRequest: (after.cpuMicroseconds - before.cpuMicroseconds) / open,
  requests: open,
  failed,
});
