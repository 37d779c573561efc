import {createSample} from '../load/command.mjs';
import {runH2load, runH2loadTimed} from '../load/h2load.mjs';

const CONNECTIONS = 32;
const PEAK_RUNS = 3;
/** A percentile at a lower rate than asked for is another measurement. */
const LEAST_KEPT = 0.95;

export const tailLatency = {
  name: 'p99',
  title: "99th percentile at half of nginx's peak rate, HTTP/1.1 over TLS, 32 connections",
  unit: 'µs',
  tools: ['h2load'],
  upstream: 'files',
  serves: proxy => ['tako', 'nginx', 'haproxy', 'caddy'].includes(proxy.name),
  targets: [{peer: 'nginx', atMost: 1.5}],

  /** The rate every proxy is asked for, per connection. */
  async prepare(subjects, bench) {
    const nginx = subjects.find(({proxy}) => proxy.name === 'nginx');
    if (nginx === undefined) return {skipped: "skipped, the rate is half of nginx's, which is not here"};
    const ratePerConnection = Math.max(1, Math.floor((await findPeak(nginx, bench)) / 2 / CONNECTIONS));
    return {ratePerConnection, note: `${ratePerConnection * CONNECTIONS} requests/s asked for`};
  },

  async measure(subject, {seconds, cores, folder}, {ratePerConnection}) {
    const amount = [`-c${CONNECTIONS}`, '-D', seconds, `--rps=${ratePerConnection}`];
    const run = await runH2loadTimed(subject, {amount, protocol: 'http/1.1', cpu: cores.load}, folder);
    const value = run.times[Math.floor(run.times.length * 0.99)] ?? Number.NaN;
    const kept = run.requests / seconds / (ratePerConnection * CONNECTIONS);
    const isBehind = kept < LEAST_KEPT;
    return {...createSample({...run, value}), isBehind, note: isBehind ? describe(kept) : undefined};
  },
};

const describe = kept => `kept ${Math.round(kept * 100)} % of the rate`;

/** The best of a few runs: whatever else the machine did makes a peak lower, never higher. */
async function findPeak(nginx, {seconds, cores, isQuick}) {
  const rates = [];
  while (rates.length < (isQuick ? 1 : PEAK_RUNS)) {
    const amount = [`-c${CONNECTIONS}`, '-D', seconds];
    const {requests, microseconds} = await runH2load(nginx, {amount, protocol: 'http/1.1', cpu: cores.load});
    rates.push((requests / microseconds) * 1e6);
  }
  return Math.max(...rates);
}
