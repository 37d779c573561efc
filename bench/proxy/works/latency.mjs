import {createSample} from '../load/command.mjs';
import {runWrk} from '../load/wrk.mjs';

export const latency = {
  name: 'latency',
  title: 'median time of one warm request at a time on one connection, HTTP/1.1 over TLS',
  unit: 'µs',
  tools: ['wrk'],
  upstream: 'files',
  serves: proxy => proxy.name !== 'bare tls',
  targets: [{peer: 'nginx', atMost: 1.2}, {peer: 'haproxy'}, {peer: 'best node proxy'}],

  async measure(subject, {seconds, cores}) {
    const run = await runWrk(subject, {connections: 1, seconds, cpu: cores.load});
    return createSample({...run, value: run.p50Microseconds});
  },
};
