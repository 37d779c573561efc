import path from 'node:path';
import {startServer} from '../process.mjs';

const script = path.resolve(import.meta.dirname, '../upstream/bare-tls.mjs');

/** Not a proxy: a `tls.createServer` that answers by itself, the least any proxy on Node can spend on a connection. */
export const bareTls = {
  name: 'bare tls',
  install: '',
  http2: false,
  websockets: false,
  version: () => process.version,

  start({listen, certificate, cpu, folder}) {
    const args = [script, String(listen), certificate.certFile, certificate.keyFile];
    return startServer({name: 'bare-tls', cpu, file: process.execPath, args, port: listen, folder});
  },
};
