import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {startServer} from '../process.mjs';

/** tako as its users run it: `tako proxy`, from the built command or from the file `--cli` names. */
export const createTako = cli => ({
  name: 'tako',
  install: 'npm run build (with a tako that has the proxy command)',
  http2: true,
  websockets: true,

  version() {
    if (!existsSync(cli)) return undefined;
    const help = spawnSync(process.execPath, [cli, 'proxy', '--help'], {encoding: 'utf8'});
    // A tako without the command answers with the help of all of it.
    if (!help.stdout.includes('--listen')) return undefined;
    return spawnSync(process.execPath, [cli, '--version'], {encoding: 'utf8'}).stdout.trim();
  },

  start({listen, upstream, certificate, cpu, workers, folder}) {
    const address = ['--listen', `127.0.0.1:${listen}`, '--to', `127.0.0.1:${upstream}`];
    const tls = ['--cert', certificate.certFile, '--key', certificate.keyFile];
    const processes = workers > 1 ? ['--workers', String(workers)] : [];
    const args = [cli, 'proxy', ...address, ...tls, ...processes];
    return startServer({name: 'tako', cpu, file: process.execPath, args, port: listen, folder, env: {HOME: folder}});
  },
});
