// What the inspector costs a request while nobody looks: CPU time per request of a gateway while its requests are observed,
// beside the same gateway while they are not, in turns in one run. It is one process with the code of `dist`: two of them
// differ by some percent for as long as they live, by how their code was compiled and where their memory lies. CPU time is
// that of the whole process, garbage collection included, and differs less than throughput with what else the machine does.
// Before each round all garbage is collected, and not counted: one would pay for another, by up to a third (measured).

import {fork} from 'node:child_process';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {createServer} from 'node:http';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {connect} from 'node:tls';
import {fileURLToPath} from 'node:url';
import {issueCertificate} from './proxy/certificate.mjs';

const LIMIT = 0.03;
const ROUNDS = Number(process.env.ROUNDS ?? 40);
const REQUESTS = Number(process.env.REQUESTS ?? 6_000);
const CONNECTIONS = 32;
const HOST = 'app.localhost';

/** What a browser sends along. */
const HEAD = `GET /items?page=2 HTTP/1.1\r
Host: ${HOST}\r
User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r
Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8\r
Accept-Language: en-US,en;q=0.9\r
Accept-Encoding: gzip, deflate, br\r
Cookie: session=0123456789abcdef0123456789abcdef; theme=dark\r
Sec-Fetch-Mode: cors\r
\r
`;

const WORKS = [
  {name: 'an answer of 1 KiB', bytes: 1_024},
  {name: 'an answer of 64 KiB', bytes: 65_536},
];

async function measure() {
  const folder = mkdtempSync(path.join(tmpdir(), 'tako-bench-inspector-'));
  const {certFile, keyFile} = issueCertificate(folder);
  const processes = [];
  try {
    let isOver = false;
    for (const {name, bytes} of WORKS) {
      const app = createServer((_request, response) => {
        response.setHeader('Content-Type', 'application/json');
        response.end(Buffer.alloc(bytes, 'x'));
      });
      app.listen(0, '127.0.0.1');
      await once(app, 'listening');
      const upstream = {host: '127.0.0.1', port: app.address().port};
      const gateway = await startGateway({upstream, certFile, keyFile});
      processes.push(gateway.child);
      isOver = (await compare(name, gateway, bytes)) || isOver;
      gateway.child.kill();
      app.close();
      app.closeAllConnections();
    }
    return isOver ? 1 : 0;
  } finally {
    for (const child of processes) child.kill();
    rmSync(folder, {recursive: true, force: true});
  }
}

async function startGateway(options) {
  const child = fork(fileURLToPath(import.meta.url), ['gateway'], {execArgv: ['--expose-gc']});
  child.send(options);
  const [{port}] = await once(child, 'message');
  return {
    child,
    port,
    /** What it has used so far. */
    async cpuMicroseconds() {
      child.send({});
      const [{cpu}] = await once(child, 'message');
      return cpu;
    },
    /** Collects garbage; from then on requests are observed, or not. Returns what it has used until then. */
    async begin(isObserved) {
      child.send({isObserved});
      const [{cpu}] = await once(child, 'message');
      return cpu;
    },
  };
}

/** Neighbours had the same machine. The spread is how far rounds that are not observed are from each other. */
async function compare(name, gateway, bytes) {
  for (const isObserved of [false, true, false, true]) await round(gateway, bytes, isObserved);
  const samples = {plain: [], observed: []};
  for (let index = 0; index < ROUNDS; index++) {
    // Whoever is second finds the machine warmer: they take turns in that, too.
    const order = index % 2 === 0 ? ['plain', 'observed'] : ['observed', 'plain'];
    for (const kind of order) samples[kind].push(await round(gateway, bytes, kind === 'observed'));
  }
  const more = median(samples.observed.map((cost, index) => cost / samples.plain[index] - 1));
  const spread = median(samples.plain.slice(1).map((cost, index) => Math.abs(cost / samples.plain[index] - 1)));
  const [before, after] = [median(samples.plain), median(samples.observed)].map(cost => cost.toFixed(1));
  const isOver = more > LIMIT && more > spread;
  console.log(
    `${name}: ${before} µs of CPU per request, ${after} µs observed: ${percent(more)} more ` +
      `(limit ${percent(LIMIT)} or the spread of rounds, ${percent(spread)})${isOver ? ': over it' : ''}`,
  );
  return isOver;
}

/** CPU time per request, in microseconds. */
async function round(gateway, bytes, isObserved) {
  const before = await gateway.begin(isObserved);
  let left = REQUESTS;
  const takeOne = () => left-- > 0;
  await Promise.all(Array.from({length: CONNECTIONS}, () => ask(gateway.port, bytes, takeOne)));
  return ((await gateway.cpuMicroseconds()) - before) / REQUESTS;
}

/** Asks on one connection, again and again. Bodies have a length, and no other answer comes: counting bytes is enough. */
async function ask(port, bodyBytes, takeOne) {
  const socket = connect({port, host: '127.0.0.1', servername: HOST, rejectUnauthorized: false});
  await once(socket, 'secureConnect');
  await new Promise((resolve, reject) => {
    let missing = 0;
    let isHead = true;
    const next = () => {
      if (!takeOne()) return resolve();
      isHead = true;
      socket.write(HEAD);
    };
    socket.on('data', chunk => {
      let at = 0;
      if (isHead) {
        if (chunk.latin1Slice(0, 15) !== 'HTTP/1.1 200 OK') return reject(new Error(chunk.latin1Slice(0, 200)));
        at = chunk.indexOf('\r\n\r\n') + 4;
        missing = bodyBytes;
        isHead = false;
      }
      missing -= chunk.length - at;
      if (missing === 0) next();
    });
    socket.on('error', reject);
    next();
  });
  socket.destroy();
}

/** A gateway as the daemon has it, in a process of its own. */
async function serve() {
  const [{upstream, certFile, keyFile}] = await once(process, 'message');
  const {createGateway} = await import('../dist/proxy/gateway.js');
  const {createInspector} = await import('../dist/devproxy/inspector/inspector.js');
  const certificate = {cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8')};
  let isObserved = false;
  let inspector;
  const gateway = await createGateway({
    https: {port: 0},
    http: {port: 0},
    certificates: {certificateFor: async () => certificate},
    defaultServerName: 'localhost',
    activate: async () => upstream,
    findUpstream: () => upstream,
    observe: (session, app) => (isObserved ? inspector.observe(session, app) : undefined),
  });
  inspector = createInspector({start: gateway.start, maskedNamesOf: () => []});
  gateway.setRoutes([{host: HOST, path: '/', app: 'app'}]);
  process.on('message', message => {
    if (message.isObserved !== undefined) {
      ({isObserved} = message);
      globalThis.gc();
    }
    const {user, system} = process.cpuUsage();
    process.send({cpu: user + system});
  });
  process.on('disconnect', () => process.exit());
  process.send({port: gateway.https.port});
}

const percent = part => `${(100 * part).toFixed(1)}%`;

function median(values) {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

if (process.argv[2] === 'gateway') await serve();
else process.exitCode = await measure();
