import {execFile} from 'node:child_process';
import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {promisify} from 'node:util';
import {startServer} from '../process.mjs';
import {findInstalledVersion} from './node-library.mjs';

const cli = path.resolve(import.meta.dirname, '../peers/node_modules/portless/dist/cli.js');

/** It routes by name only, to names below localhost; started as root it also opens port 80, which no option prevents. */
export const portless = {
  name: 'portless',
  install: 'npm install, in bench/proxy/peers',
  host: 'app.localhost',
  http2: true,
  websockets: true,
  version: () => findInstalledVersion('portless'),

  async start({listen, upstream, certificate, cpu, folder}) {
    const state = path.join(folder, `portless-${listen}`);
    mkdirSync(state);
    const env = {HOME: state, PORTLESS_STATE_DIR: state, PORTLESS_SYNC_HOSTS: '0'};
    // Before it starts, as a running one reads its routes again only after a while.
    const alias = [cli, 'alias', 'app', String(upstream)];
    await promisify(execFile)(process.execPath, alias, {env: {...process.env, ...env}});
    const tls = ['--cert', certificate.certFile, '--key', certificate.keyFile];
    const args = [cli, 'proxy', 'start', '--foreground', '-p', String(listen), ...tls];
    return startServer({name: 'portless', cpu, file: process.execPath, args, port: listen, folder, env});
  },
};
