import {existsSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {startServer} from '../process.mjs';

const peers = path.resolve(import.meta.dirname, '../peers');

/** A proxy from npm that is a library: peers/serve.mjs is the server around it, the same for each. */
export const createNodeLibrary = ({name, http2, websockets}) => ({
  name,
  install: 'npm install, in bench/proxy/peers',
  http2,
  websockets,
  version: () => findInstalledVersion(name),

  start({listen, upstream, certificate, cpu, folder}) {
    const args = [path.join(peers, 'serve.mjs'), name, listen, upstream, certificate.certFile, certificate.keyFile];
    return startServer({name, cpu, file: process.execPath, args: args.map(String), port: listen, folder});
  },
});

/** The version of a package in peers/node_modules, or nothing when it is not installed. */
export function findInstalledVersion(name) {
  const manifest = path.join(peers, 'node_modules', name, 'package.json');
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, 'utf8')).version : undefined;
}
