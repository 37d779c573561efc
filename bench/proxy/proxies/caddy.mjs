import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {findVersion} from '../machine.mjs';
import {startServer} from '../process.mjs';

export const caddy = {
  name: 'caddy',
  install: 'apt install caddy',
  http2: true,
  websockets: true,
  version: () => findVersion('caddy', ['version']),

  start({listen, upstream, certificate, cpu, workers = 1, folder}) {
    const configuration = path.join(folder, `Caddyfile-${listen}`);
    writeFileSync(configuration, renderConfiguration({listen, upstream, certificate}));
    const args = ['run', '--config', configuration, '--adapter', 'caddyfile'];
    const env = {GOMAXPROCS: String(workers), HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder};
    return startServer({name: 'caddy', cpu, file: 'caddy', args, port: listen, folder, env});
  },
};

// It adds the three X-Forwarded headers by itself. HTTP/3 is off: nobody asks for it here, and its port may be taken.
const renderConfiguration = ({listen, upstream, certificate}) => `
{
  admin off
  auto_https off
  servers {
    protocols h1 h2
  }
}
https://localhost:${listen} {
  bind 127.0.0.1
  tls ${certificate.certFile} ${certificate.keyFile}
  reverse_proxy 127.0.0.1:${upstream} {
    transport http {
      keepalive 300s
      keepalive_idle_conns 64
      keepalive_idle_conns_per_host 64
    }
  }
}
`;
