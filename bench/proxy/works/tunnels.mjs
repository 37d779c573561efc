import path from 'node:path';
import {startClient} from '../load/client.mjs';
import {createSample} from '../load/command.mjs';
import {readUsage} from '../process.mjs';

const script = path.resolve(import.meta.dirname, '../load/tunnels.mjs');
const TUNNELS = 1_000;
const TUNNELS_IF_QUICK = 100;

export const tunnels = {
  name: 'websockets',
  title: 'WebSocket tunnels over TLS, each echoing 32 bytes and sending the next (1,000 tunnels, 100 with --quick)',
  unit: 'messages/s',
  tools: [],
  upstream: 'raw',
  serves: proxy => proxy.websockets,
  targets: [{peer: 'http-proxy', atLeast: 1}, {peer: 'http-proxy-3'}, {peer: 'nginx'}],

  async measure(subject, {seconds, cores, isQuick}) {
    const count = isQuick ? TUNNELS_IF_QUICK : TUNNELS;
    const client = startClient({cpu: cores.load, script, args: [subject.port, subject.host, count, seconds]});
    try {
      await client.next();
      const before = readUsage(subject.pid).cpuMicroseconds;
      const {messages, microseconds, failed} = await client.next();
      const cpuMicroseconds = readUsage(subject.pid).cpuMicroseconds - before;
      const value = (messages / microseconds) * 1e6;
      return createSample({value, requests: messages, microseconds, cpuMicroseconds, failed});
    } finally {
      await client.close();
    }
  },
};
