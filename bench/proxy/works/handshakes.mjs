import {createSample} from '../load/command.mjs';
import {runH2load} from '../load/h2load.mjs';
import {runWrk} from '../load/wrk.mjs';

const names = ['tako', 'nginx', 'haproxy', 'caddy', 'http-proxy', 'bare tls'];
/** Connections of one run of h2load, all of them new and without a session to resume. */
const BATCH = 100;

const common = {
  unit: 'µs CPU',
  upstream: 'files',
  serves: proxy => names.includes(proxy.name),
};

/** wrk resumes the session of the connection before, so that full handshakes need h2load, which never does. */
export const fullHandshakes = {
  ...common,
  name: 'handshakes',
  title: 'server CPU per new connection: full TLS handshake, one request, close',
  tools: ['h2load'],
  targets: [{peer: 'nginx', atMost: 1.7}],

  async measure(subject, {seconds, cores}) {
    const total = {requests: 0, failed: 0, microseconds: 0, cpuMicroseconds: 0};
    while (total.microseconds < seconds * 1e6) {
      const amount = [`-c${BATCH}`, `-n${BATCH}`];
      const run = await runH2load(subject, {amount, protocol: 'http/1.1', headers: CLOSE, cpu: cores.load});
      for (const key of Object.keys(total)) total[key] += run[key];
    }
    return createSample({...total, value: total.cpuMicroseconds / total.requests});
  },
};

export const resumedHandshakes = {
  ...common,
  name: 'resumptions',
  title: 'the same with resumed sessions (wrk with Connection: close)',
  tools: ['wrk'],
  targets: [{peer: 'nginx'}],

  async measure(subject, {seconds, cores}) {
    const run = await runWrk(subject, {connections: 8, seconds, headers: CLOSE, cpu: cores.load});
    return createSample({...run, value: run.cpuMicroseconds / run.requests});
  },
};

const CLOSE = {Connection: 'close'};
