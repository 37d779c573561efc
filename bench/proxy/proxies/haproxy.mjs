import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {findVersion} from '../machine.mjs';
import {startServer} from '../process.mjs';

export const haproxy = {
  name: 'haproxy',
  install: 'apt install haproxy',
  http2: true,
  websockets: true,
  version: () => findVersion('haproxy', ['-v']),

  start({listen, upstream, certificate, cpu, workers, folder}) {
    const configuration = path.join(folder, `haproxy-${listen}.cfg`);
    writeFileSync(configuration, renderConfiguration({listen, upstream, certificate, workers}));
    const args = ['-f', configuration, '-db'];
    return startServer({name: 'haproxy', cpu, file: 'haproxy', args, port: listen, folder});
  },
};

const renderConfiguration = ({listen, upstream, certificate, workers = 1}) => `
global
  nbthread ${workers}

defaults
  mode http
  http-reuse always
  timeout connect 5s
  timeout client 300s
  timeout server 300s
  timeout tunnel 300s

frontend tls
  bind 127.0.0.1:${listen} ssl crt ${certificate.bundleFile} alpn h2,http/1.1
  option forwardfor
  http-request set-header X-Forwarded-Proto https
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  default_backend app

backend app
  server app 127.0.0.1:${upstream} pool-max-conn 64
`;
