import {createSample} from '../load/command.mjs';
import {runH2load} from '../load/h2load.mjs';

export const http2Tls = {
  name: 'h2-tls',
  title: 'HTTP/2 over TLS, 8 connections with 32 streams each, small answer',
  unit: 'requests/s',
  tools: ['h2load'],
  upstream: 'files',
  serves: proxy => proxy.http2,
  targets: [
    {peer: 'nginx', atLeast: 1},
    {peer: 'caddy', atLeast: 4},
  ],

  async measure(subject, {seconds, cores}) {
    const amount = ['-c8', '-m32', '-D', seconds];
    const run = await runH2load(subject, {amount, protocol: 'h2', cpu: cores.load});
    return createSample({...run, value: (run.requests / run.microseconds) * 1e6});
  },
};
