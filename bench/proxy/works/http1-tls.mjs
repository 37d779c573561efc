import {createSample} from '../load/command.mjs';
import {runWrk} from '../load/wrk.mjs';

export const http1Tls = {
  name: 'h1-tls',
  title: 'HTTP/1.1 over TLS, 32 keep-alive connections, small answer',
  unit: 'requests/s',
  tools: ['wrk'],
  upstream: 'files',
  serves: proxy => proxy.name !== 'bare tls',
  targets: [
    {peer: 'nginx', atLeast: 1},
    {peer: 'haproxy', atLeast: 0.9},
    {peer: 'caddy', atLeast: 2.5},
    {peer: 'best node proxy', atLeast: 2},
  ],

  async measure(subject, {seconds, cores}) {
    const run = await runWrk(subject, {connections: 32, seconds, cpu: cores.load});
    return createSample({...run, value: (run.requests / run.microseconds) * 1e6});
  },
};
