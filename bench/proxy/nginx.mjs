// nginx as both the peer and the upstream: everything it touches lies in a folder of its own, so it needs no rights.
import {mkdirSync, writeFileSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {startServer} from './process.mjs';

/** Starts nginx with `http` as the inside of its http block. Resolves when it listens on `port`. */
export function startNginx({name, cpu, workers = 1, port, folder, http}) {
  const prefix = path.join(folder, `${name}-${port}`);
  mkdirSync(prefix);
  const configuration = path.join(prefix, 'nginx.conf');
  writeFileSync(configuration, renderConfiguration({prefix, workers, http}));
  const args = ['-p', prefix, '-c', configuration, '-e', path.join(prefix, 'error.log')];
  return startServer({name, cpu, file: 'nginx', args, port, folder});
}

const renderConfiguration = ({prefix, workers, http}) => `
daemon off;
pid ${prefix}/nginx.pid;
${keepUser()}
worker_processes ${workers};
events { worker_connections 16384; }
http {
  access_log off;
  default_type text/plain;
  keepalive_requests 1000000000;
  keepalive_timeout 300s;
  client_max_body_size 0;
  client_body_temp_path ${prefix}/client_body;
  proxy_temp_path ${prefix}/proxy;
  fastcgi_temp_path ${prefix}/fastcgi;
  uwsgi_temp_path ${prefix}/uwsgi;
  scgi_temp_path ${prefix}/scgi;
${http}
}
`;

/** Started as root nginx changes to a user who may not read the folder; started as anybody else it cannot. */
const keepUser = () => (process.getuid?.() === 0 ? `user ${os.userInfo().username};` : '');
