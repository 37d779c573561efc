// What the package costs an app: the time from its spawn to the line that says it listens, against a server of node:http
// that reads and writes the two descriptors itself, in turns, and the median difference of neighbours; and the size of
// what a browser gets. Over a limit it exits with 1.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {closeSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {Socket} from 'node:net';
import {loadavg, tmpdir} from 'node:os';
import path from 'node:path';
import {gzipSync} from 'node:zlib';
import {build} from 'esbuild';
import {closeContractPipes, openContractPipes} from '../dist/supervisor/contract-pipes.js';

const ROUNDS = Number(process.argv[2] ?? 40);
const LIMIT_MS = 15;
const LIMIT_BYTES = 3_000;
const ROOT = path.resolve(import.meta.dirname, '..');

const BARE = `import fs from 'node:fs';
import {createServer} from 'node:http';
JSON.parse(fs.readFileSync(3, 'utf8'));
const server = createServer((_, response) => response.end('hello'));
server.listen(0, '127.0.0.1', () => {
  fs.writeSync(4, server.address().port + '\\n');
  fs.closeSync(4);
});
`;
const HANDLER = `import {tako} from 'tako.sh';
export default {fetch: () => new Response(tako.secrets.KEY)};
`;

const folder = mkdtempSync(path.join(tmpdir(), 'tako-bench-sdk-'));
mkdirSync(path.join(folder, 'node_modules'));
symlinkSync(ROOT, path.join(folder, 'node_modules/tako.sh'));
writeFileSync(path.join(folder, 'bare.mjs'), BARE);
writeFileSync(path.join(folder, 'handler.mjs'), HANDLER);
const launcher = path.join(folder, 'node_modules/tako.sh/dist/sdk/entrypoints/node-server.mjs');

/** Milliseconds from the spawn to the line on descriptor 4. */
async function timeStart(args) {
  const pipes = await openContractPipes();
  const startedAt = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env: {PATH: process.env.PATH, PORT: '0', HOST: '127.0.0.1'},
    stdio: ['ignore', 'ignore', 'inherit', pipes.bootstrap.read, pipes.readiness.write],
  });
  const document = new Socket({fd: pipes.bootstrap.write, readable: false, writable: true});
  document.end('{"token":"t","secrets":{"KEY":"value"},"storages":{}}');
  const ready = new Socket({fd: pipes.readiness.read, readable: true, writable: false});
  await once(ready, 'data');
  const took = performance.now() - startedAt;
  child.kill('SIGKILL');
  await once(child, 'close');
  ready.destroy();
  document.destroy();
  closeRest(pipes);
  return took;
}

function closeRest({bootstrap, readiness, stdout, stderr, report}) {
  closeSync(bootstrap.read);
  closeSync(readiness.write);
  closeContractPipes({stdout, stderr, report});
}

const median = values => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

async function sizeOf(platform) {
  const {outputFiles} = await build({
    stdin: {contents: `import {tako, TakoError} from 'tako.sh'; console.log(tako, TakoError);`, resolveDir: folder},
    bundle: true,
    platform,
    format: 'esm',
    minify: true,
    write: false,
  });
  const [{contents}] = outputFiles;
  return {bytes: contents.length, gzipped: gzipSync(contents).length};
}

try {
  const bare = [];
  const added = [];
  for (let round = -2; round < ROUNDS; round++) {
    const first = await timeStart(['bare.mjs']);
    const second = await timeStart([launcher, 'handler.mjs']);
    // The first rounds fill caches.
    if (round < 0) continue;
    bare.push(first);
    added.push(second - first);
  }
  const {bytes, gzipped} = await sizeOf('browser');
  console.log(`load average ${loadavg()[0].toFixed(1)}, ${ROUNDS} rounds`);
  console.log(`a server of node:http listens after   ${median(bare).toFixed(1)} ms`);
  const ratio = (median(bare) + median(added)) / median(bare);
  console.log(
    `the package adds                      ${median(added).toFixed(1)} ms, ${ratio.toFixed(2)} x (limit ${LIMIT_MS} ms)`,
  );
  console.log(`its browser build                     ${bytes} bytes, ${gzipped} gzipped (limit ${LIMIT_BYTES})`);
  process.exitCode = median(added) > LIMIT_MS || bytes > LIMIT_BYTES ? 1 : 0;
} finally {
  rmSync(folder, {recursive: true, force: true});
}
