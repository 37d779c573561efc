// The second deploy of an app of 3,000 files of which one has changed: bytes on the wire and seconds, beside what copies the
// same tree: rsync, and tar over ssh. The server is test/helpers/vps, which needs root; bytes are those of its network
// cable, with all that TCP and ssh add.
//
// node --experimental-transform-types bench/deploy.mjs [--rounds N]

import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {loadavg} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import '../test/helpers/typescript-imports.mjs';
import {renderTable} from './proxy/table.mjs';

const FILES = 3_000;
const FOLDERS = 60;
const FILE_BYTES = 4_096;

const {values} = parseArgs({options: {rounds: {type: 'string', default: '5'}}});
const rounds = Number(values.rounds);

const {startVps} = await import('../test/helpers/vps/vps.ts');
const {createWorkplace} = await import('../test/helpers/vps/workplace.ts');

const CLI = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const SERVER = `import {createServer} from 'node:http';
createServer((_, response) => response.end('hello')).listen(Number(process.env.PORT), '127.0.0.1');
`;
const CONFIG = `name = "shop"
start = ["node", "server.mjs"]

[envs.production]
route = "shop.example.com"
servers = ["one"]
stability = 0
health = "tcp"
`;

const vps = await startVps({name: 'one'});
const {environment, projects, close} = createWorkplace([vps]);
const project = path.join(projects, 'shop');
try {
  makeProject();
  const link = linkOf(vps.hostAddress);
  const works = {
    'tako deploy': () => run(process.execPath, [CLI, 'deploy', '--yes', '--json'], environment),
    'rsync -az': () => run('rsync', ['-az', '--delete', '--exclude=.tako', './', 'one:/srv/rsync/'], environment),
    'tar | gzip | ssh': () =>
      run('sh', ['-c', 'tar -cf - --exclude=.tako . | gzip | ssh one "tar -xzf - -C /srv/tar"'], environment),
  };
  await run(process.execPath, [CLI, 'servers', 'add', 'root@one', '--yes'], environment);
  await vps.run('mkdir -p /srv/rsync /srv/tar');
  for (const [name, work] of Object.entries(works)) print(name, 'first', await measure(work, link));

  const samples = new Map(Object.keys(works).map(name => [name, []]));
  for (let round = 1; round <= rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      change(round, name);
      const sample = await measure(work, link);
      samples.get(name).push(sample);
      print(name, `round ${round}`, sample);
    }
  }
  report(samples);
} finally {
  await vps.close();
  close();
}

function makeProject() {
  for (let number = 0; number < FOLDERS; number++) {
    mkdirSync(path.join(project, 'src', `part-${number}`), {recursive: true});
  }
  for (let number = 0; number < FILES; number++) writeFileSync(fileOf(number), contentOf(number, 'first'));
  writeFileSync(path.join(project, 'server.mjs'), SERVER);
  writeFileSync(path.join(project, 'package.json'), '{"name": "shop", "type": "module"}\n');
  writeFileSync(path.join(project, 'tako.toml'), CONFIG);
}

function fileOf(number) {
  return path.join(project, 'src', `part-${number % FOLDERS}`, `module-${number}.mjs`);
}

/** Text that compresses about as code does. */
function contentOf(number, salt) {
  let [text, state] = [`// ${salt}\n`, number + 1];
  while (text.length < FILE_BYTES) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    text += `export const value${state % 10_000} = compute(${state.toString(36)}, options.width, options.height);\n`;
  }
  return text;
}

function change(round, name) {
  writeFileSync(fileOf(1_234), contentOf(1_234, `${round} ${name}`));
}

/** The network cable's end on this side. */
function linkOf(address) {
  const lines = execFileSync('ip', ['-4', '-o', 'address'], {encoding: 'utf8'}).split('\n');
  return lines.find(line => line.includes(` ${address}/`)).split(/\s+/)[1];
}

async function run(file, args, env) {
  const child = spawn(file, args, {cwd: project, env, stdio: ['ignore', 'pipe', 'pipe']});
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => output.push(chunk));
  const [code] = await once(child, 'close');
  const text = Buffer.concat(output).toString();
  if (code !== 0) throw new Error(`${file} ${args.join(' ')}: ${text}`);
  if (process.env.TAKO_BENCH_EVENTS && args.includes('deploy')) console.log(text);
}

async function measure(work, link) {
  const before = bytesOf(link);
  const start = performance.now();
  await work();
  const seconds = (performance.now() - start) / 1_000;
  const after = bytesOf(link);
  return {seconds, sent: after.sent - before.sent, received: after.received - before.received};
}

function bytesOf(link) {
  const read = name => Number(readFileSync(`/sys/class/net/${link}/statistics/${name}_bytes`, 'utf8'));
  return {sent: read('tx'), received: read('rx')};
}

function print(name, when, {seconds, sent, received}) {
  console.error(`${name}, ${when}: ${seconds.toFixed(2)} s, ${kibibytes(sent)} sent, ${kibibytes(received)} received`);
}

function report(samples) {
  console.log(
    `${FILES} files of ${FILE_BYTES} bytes, one changed; ${rounds} rounds; load average ${loadavg()[0].toFixed(1)}`,
  );
  const rows = [...samples].map(([name, all]) => {
    const seconds = all.map(sample => sample.seconds);
    return [
      name,
      kibibytes(median(all.map(({sent}) => sent))),
      kibibytes(median(all.map(({received}) => received))),
      `${median(seconds).toFixed(2)} s`,
      `${Math.min(...seconds).toFixed(2)} .. ${Math.max(...seconds).toFixed(2)} s`,
    ];
  });
  console.log(renderTable([['', 'sent', 'received', 'median', 'min .. max'], ...rows]));
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function kibibytes(bytes) {
  return `${(bytes / 1024).toFixed(1)} KiB`;
}
