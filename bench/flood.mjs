import {mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {endDaemon, ensureDaemon} from '../dist/devproxy/daemon-client.js';
import {daemonFiles} from '../dist/devproxy/daemon-files.js';
import {projectOf, resolveRegistration} from '../dist/devproxy/resolve-registration.js';
import {readVersion} from '../dist/system/version.js';
import {runWrk} from './proxy/load/wrk.mjs';
import {describeMachine} from './proxy/machine.mjs';

// What an app that writes 50,000 lines a second costs the requests of another one: the throughput of the proxy while tako
// reads that output, against the same while the same program writes the same lines to /dev/null. All in turns in one run, on
// whichever cores the system chooses, as on a developer's machine. Needs wrk.

const LINES_PER_SECOND = 50_000;
const LIMIT = 0.9;
/** From the middle round to the last: what is kept of an app is a few MiB, and the collector takes its time. */
const LIMIT_GROWTH_MIB = 64;
const WARM_UP_MS = 1_500;
const CONNECTIONS = 32;

const {values: options} = parseArgs({
  options: {rounds: {type: 'string', default: '7'}, seconds: {type: 'string', default: '3'}},
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

const home = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-bench-')));
writeFileSync(path.join(home, 'settings.toml'), 'port = 0\nhttp_port = 0\ndns_port = 0\n');
const flood = fileURLToPath(new URL('flood/app.mjs', import.meta.url));
const server = fileURLToPath(new URL('proxy/upstream/raw-server.mjs', import.meta.url));
/** Not in the folder of the app, which is started anew when something changes there. */
const countFile = path.join(home, 'written');
const environment = {...process.env, TAKO_HOME: home};
const daemon = await ensureDaemon({
  files: daemonFiles({config: home, data: home, cache: path.join(home, 'cache')}),
  version: readVersion(),
  command: [process.execPath, fileURLToPath(new URL('../dist/cli.js', import.meta.url)), 'daemon'],
  environment,
});
const {client, info} = daemon;

/** What the other app does meanwhile. */
const variants = {
  'no flood': undefined,
  'to /dev/null': ['sh', '-c', `exec node ${flood} ${LINES_PER_SECOND} ${countFile} > /dev/null`],
  read: ['node', flood, String(LINES_PER_SECOND), countFile],
  'read and shown': ['node', flood, String(LINES_PER_SECOND), countFile],
};

try {
  console.log(JSON.stringify(describeMachine()));
  await start('quiet', ['sh', '-c', `exec node ${server} $PORT`]);
  for (const name of ['no flood', 'read']) await measure(name);
  const samples = Object.fromEntries(Object.keys(variants).map(name => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(variants)) samples[name].push(await measure(name));
  }
  print(samples);
} finally {
  await endDaemon(daemon);
  rmSync(home, {recursive: true, force: true});
}

async function measure(name) {
  const command = variants[name];
  let shown = 0;
  if (command) {
    await start('loud', command);
    if (name === 'read and shown') {
      const onEvent = ({type}) => void (type === 'log' && shown++);
      client.call('attach', {name: 'loud', after: 0}, {onEvent}).catch(() => undefined);
    }
    await sleep(WARM_UP_MS);
  }
  const cpuBefore = cpuMs();
  const written = readWritten();
  const subject = {port: info.https.port, pid: info.pid, headers: {Host: `quiet.test:${info.https.port}`}};
  const result = await runWrk(subject, {connections: CONNECTIONS, seconds});
  if (result.failed > 0) throw new Error(`${result.failed} requests failed`);
  const elapsed = result.microseconds / 1_000_000;
  const sample = {
    rate: result.requests / elapsed,
    cpuPerRequest: ((cpuMs() - cpuBefore) * 1_000) / result.requests,
    lines: command ? (readWritten() - written) / elapsed : 0,
    residentMiB: residentMiB(),
    shown,
  };
  if (command) await client.call('remove', {name: 'loud'});
  return sample;
}

async function start(name, command) {
  const directory = path.join(home, name);
  mkdirSync(directory, {recursive: true});
  writeFileSync(path.join(directory, 'tako.toml'), `name = "${name}"\ndev = ${JSON.stringify(command)}\n`);
  const wanted = {
    ...{directory, configFile: null, name, variant: null, words: [], staticRoutes: []},
    terminal: process.env,
  };
  const registration = await resolveRegistration(wanted, await projectOf(wanted), info.zones);
  await client.call('register', {registration});
  await client.call('start', {name});
}

/** How many lines the app says it has written. */
function readWritten() {
  try {
    return Number(readFileSync(countFile, 'utf8')) || 0;
  } catch {
    return 0;
  }
}

/** Of the daemon alone, not of its apps: the ticks of proc(5) are 10 ms. */
function cpuMs() {
  const stat = readFileSync(`/proc/${info.pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMiB() {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${info.pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024;
}

function print(samples) {
  for (const [name, row] of Object.entries(samples)) {
    const [rate, cpu, lines, memory] = ['rate', 'cpuPerRequest', 'lines', 'residentMiB'].map(key =>
      median(row.map(sample => sample[key])),
    );
    const shown = Math.max(...row.map(sample => sample.shown));
    console.log(
      `${name.padEnd(15)} ${rate.toFixed(0).padStart(7)} requests/s  ${cpu.toFixed(1)} µs of the daemon each  ` +
        `${lines.toFixed(0)} lines/s written  ${memory.toFixed(0)} MiB${shown > 0 ? `  ${shown} lines shown` : ''}`,
    );
  }
  // Of neighbours, which had the same machine.
  const ratioOf = name => median(samples[name].map(({rate}, round) => rate / samples['to /dev/null'][round].rate));
  const ratio = ratioOf('read');
  const middle = samples.read[Math.floor(rounds / 2)];
  const growth = (samples.read.at(-1)?.residentMiB ?? 0) - (middle?.residentMiB ?? 0);
  console.log(
    `read against /dev/null: ${ratio.toFixed(2)} x (limit ${LIMIT}); shown as well: ${ratioOf('read and shown').toFixed(2)} x`,
  );
  console.log(`memory of the daemon grew by ${growth.toFixed(0)} MiB (limit ${LIMIT_GROWTH_MIB})`);
  process.exitCode = ratio < LIMIT || growth > LIMIT_GROWTH_MIB ? 1 : 0;
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
