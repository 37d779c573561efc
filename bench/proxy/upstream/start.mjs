// The upstreams: nginx, which answers several times faster than any proxy here forwards, or the raw server on node:net.
import {writeFileSync} from 'node:fs';
import path from 'node:path';
import {findFreePort, findVersion} from '../machine.mjs';
import {startNginx} from '../nginx.mjs';
import {startServer} from '../process.mjs';
import {LARGE_BODY_BYTES, SMALL_BODY} from './bodies.mjs';

const rawServer = path.resolve(import.meta.dirname, 'raw-server.mjs');

/**
 * Starts the upstream of a work: `files` for requests, `raw` for WebSockets, which nginx cannot answer by itself.
 * Without nginx both are the raw server.
 */
export async function startUpstream(kind, {cpu, folder}) {
  const port = await findFreePort();
  const isNginx = kind === 'files' && findVersion('nginx', ['-v']) !== undefined;
  const {close} = await (isNginx ? startFiles({port, cpu, folder}) : startRaw({port, cpu, folder}));
  return {port, close, name: isNginx ? 'nginx' : 'node:net'};
}

function startRaw({port, cpu, folder}) {
  const args = [rawServer, String(port)];
  return startServer({name: 'upstream-raw', cpu, file: process.execPath, args, port, folder});
}

function startFiles({port, cpu, folder}) {
  writeFileSync(path.join(folder, 'large'), Buffer.alloc(LARGE_BODY_BYTES, 'x'));
  const http = renderFiles({port, folder});
  return startNginx({name: 'upstream', cpu, port, folder, http});
}

const FORWARDED = 'for=$http_x_forwarded_for proto=$http_x_forwarded_proto host=$http_x_forwarded_host';

// An upload is read to its end into memory, and a request without it sent to the same server for the answer: `return` alone
// would answer before the body is there.
const renderFiles = ({port, folder}) => `
  sendfile on;
  tcp_nopush on;
  open_file_cache max=8;
  server {
    listen 127.0.0.1:${port};
    location = /large { root ${folder}; }
    location = /headers { return 200 "${FORWARDED}"; }
    location = /upload {
      client_body_buffer_size 11m;
      proxy_pass_request_body off;
      proxy_set_header Content-Length "";
      proxy_pass http://127.0.0.1:${port}/;
    }
    location / { return 200 "${SMALL_BODY}"; }
  }`;
