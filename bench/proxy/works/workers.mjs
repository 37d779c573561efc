import {createSample} from '../load/command.mjs';
import {runWrk} from '../load/wrk.mjs';

export const workers = {
  name: 'workers',
  title: 'two workers, HTTP/1.1 over TLS, 64 keep-alive connections, nothing pinned',
  unit: 'requests/s',
  tools: ['wrk'],
  upstream: 'files',
  /** Two workers need two cores, which they share with the load here. */
  isPinned: false,
  workers: 2,
  serves: proxy => ['tako', 'nginx', 'haproxy', 'caddy'].includes(proxy.name),
  targets: [{peer: 'nginx'}, {peer: 'haproxy'}, {peer: 'caddy'}],

  async measure(subject, {seconds}) {
    const run = await runWrk(subject, {connections: 64, threads: 2, seconds});
    return createSample({...run, value: (run.requests / run.microseconds) * 1e6});
  },
};
