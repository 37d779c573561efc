// A server program as `tako servers` knows it, with as little behind it as that needs: it greets, keeps what is uploaded
// and reloads. It is bundled into the package of a test, in the place of the real one.

import {createHash} from 'node:crypto';
import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {createServer, type Socket} from 'node:net';
import path from 'node:path';
import {buffer} from 'node:stream/consumers';
import {fileURLToPath} from 'node:url';
import type {Handlers} from '../../../src/control/method.js';
import {serveClient} from '../../../src/control/server.js';
import {SERVER_PROTOCOL, type ServerInfo, type ServerMethods} from '../../../src/control/server-methods.js';
import {receiveUpload} from '../../../src/prod/releases/upload-stream.js';
import {connect} from '../../../src/prod/remote/connect.js';
import {installationRoot} from '../../../src/prod/remote/installation-root.js';
import {describeProgram} from '../../../src/prod/remote/program.js';
import {TakoError} from '../../../src/system/error.js';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));
const ROOT = installationRoot(process.env, PACKAGE);
const SOCKET = path.join(ROOT, 'run', 'control.sock');

const [command, ...args] = process.argv.slice(2);
if (command === 'connect') {
  process.exitCode = await connect(SOCKET, {input: process.stdin, output: process.stdout, errors: process.stderr});
  process.stdin.destroy();
} else if (command === 'version' && args[0] === '--json')
  process.stdout.write(JSON.stringify(await describeProgram(PACKAGE)));
else if (command === 'hold') hold();

/** The version is read anew at each greeting, as if a reload had put a new process in the place of this one. */
function hold(): void {
  const handlers = {
    hello: async () => infoOf(readVersion()),
    status: async () => ({info: infoOf(readVersion()), deployments: []}),
    missing: async ({hashes}: {readonly hashes: readonly string[]}) => ({missing: hashes.filter(isMissing)}),
    reload: async () => reload(),
  };
  const server = createServer({allowHalfOpen: true}, socket => {
    socket.on('error', () => socket.destroy());
    socket.once('data', first => {
      if (!first.toString().startsWith('{"upload"')) {
        serveClient(socket, {handlers: handlers as unknown as Handlers<ServerMethods> as never, onBug: console.error});
        socket.emit('data', first);
        return;
      }
      socket.unshift(first.subarray(first.indexOf('\n') + 1));
      void receive(socket);
    });
  });
  // That of one that was killed.
  rmSync(SOCKET, {force: true});
  server.listen(SOCKET);
  process.on('SIGTERM', () => process.exit(0));
}

const readVersion = (): string =>
  (JSON.parse(readFileSync(path.join(ROOT, 'current', 'package.json'), 'utf8')) as {version: string}).version;

const infoOf = (version: string): ServerInfo => ({
  version,
  protocol: version === '0.0.1' ? 0 : SERVER_PROTOCOL,
  pid: process.pid,
  startedAt: 0,
  now: Date.now(),
  httpPort: 80,
  httpsPort: 443,
  nodeVersion: '24.21.0',
  isIsolated: false,
  limitsBy: null,
  platform: {os: 'linux', cpu: 'x64', libc: 'glibc'},
});

function reload(): {pid: number} {
  if (!readVersion().includes('broken')) return {pid: process.pid};
  throw new TakoError('RELOAD_FAILED', 'the new server process failed its self-check');
}

const fileOf = (sha256: string): string => path.join(ROOT, 'objects', sha256);
const isMissing = (sha256: string): boolean => !existsSync(fileOf(sha256));

async function receive(socket: Socket): Promise<void> {
  mkdirSync(path.join(ROOT, 'objects'), {recursive: true});
  await receiveUpload(
    {input: socket, output: socket},
    {
      async object(content, {sha256}) {
        const bytes = await buffer(content);
        if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw new Error('damaged');
        writeFileSync(fileOf(sha256), bytes);
      },
      manifest: async () => undefined,
      patch: async () => undefined,
    },
  ).catch(() => undefined);
  socket.end();
}
