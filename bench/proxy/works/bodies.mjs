import {createSample} from '../load/command.mjs';
import {runWrk} from '../load/wrk.mjs';
import {LARGE_BODY_BYTES} from '../upstream/bodies.mjs';

const CONNECTIONS = 4;
const names = ['tako', 'nginx', 'haproxy', 'caddy', 'http-proxy'];

const common = {
  unit: 'MB/s',
  tools: ['wrk'],
  serves: proxy => names.includes(proxy.name),
  targets: [{peer: 'nginx', atLeast: 0.9}],
};

export const download = {
  ...common,
  name: 'down',
  title: '10 MiB answers over TLS, 4 connections',
  upstream: 'files',

  async measure(subject, {seconds, cores}) {
    const run = await runWrk(subject, {connections: CONNECTIONS, seconds, path: '/large', cpu: cores.load});
    return createSample({...run, requests: run.bytes / LARGE_BODY_BYTES, value: run.bytes / run.microseconds});
  },
};

export const upload = {
  ...common,
  name: 'up',
  title: '10 MiB requests over TLS, 4 connections, read to their end by the upstream',
  upstream: 'files',

  async measure(subject, {seconds, cores}) {
    const options = {connections: CONNECTIONS, seconds, path: '/upload', upload: LARGE_BODY_BYTES, cpu: cores.load};
    const run = await runWrk(subject, options);
    return createSample({...run, value: (run.requests * LARGE_BODY_BYTES) / run.microseconds});
  },
};
