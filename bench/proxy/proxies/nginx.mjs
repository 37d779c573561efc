import {findVersion} from '../machine.mjs';
import {startNginx} from '../nginx.mjs';

export const nginx = {
  name: 'nginx',
  install: 'apt install nginx',
  http2: true,
  websockets: true,
  version: () => findVersion('nginx', ['-v']),

  start({listen, upstream, certificate, cpu, workers, folder}) {
    const server = renderServer({listen, upstream, certificate});
    return startNginx({name: 'nginx', cpu, workers, port: listen, folder, http: server});
  },
};

// Buffering of answers is nginx's default; that of requests is off, as every other proxy here streams an upload and nginx
// would write it to a file first. TLS 1.3 has to be named before nginx 1.23.4.
const renderServer = ({listen, upstream, certificate}) => `
  upstream app { server 127.0.0.1:${upstream}; keepalive 64; keepalive_requests 1000000000; }
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  server {
    listen 127.0.0.1:${listen} ssl http2;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate ${certificate.certFile};
    ssl_certificate_key ${certificate.keyFile};
    location / {
      proxy_pass http://app;
      proxy_http_version 1.1;
      proxy_request_buffering off;
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Host $http_host;
    }
  }`;
