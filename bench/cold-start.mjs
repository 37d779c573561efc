import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {connect, createServer} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {Agent, request} from 'undici';
import {endDaemon, ensureDaemon} from '../dist/devproxy/daemon-client.js';
import {daemonFiles} from '../dist/devproxy/daemon-files.js';
import {projectOf, resolveRegistration} from '../dist/devproxy/resolve-registration.js';
import {readVersion} from '../dist/system/version.js';

// What a request for a sleeping app waits for, beside what the app itself takes: from the request, over TLS on a connection
// that is open, to the first byte of the answer; against the same program started by hand, from its spawn to the first
// connection that it accepts. Both in turns in one run, as the program's own time is most of it and differs with what else
// the machine does.

const RUNS = 20;
const WARM_UPS = 3;
const LIMIT_MS = 15;
/** An app sleeps after minutes without a request: what the daemon still does after a start is long over by then. */
const REST_MS = 1_000;

const SERVER = `import {createServer} from 'node:http';
createServer((request, response) => response.end('hello')).listen(Number(process.env.PORT), '127.0.0.1');
`;

const home = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-bench-')));
const directory = path.join(home, 'app');
mkdirSync(directory);
writeFileSync(path.join(home, 'settings.toml'), 'port = 0\nhttp_port = 0\ndns_port = 0\n');
writeFileSync(path.join(directory, 'server.mjs'), SERVER);
writeFileSync(path.join(directory, 'tako.toml'), 'name = "app"\ndev = ["node", "server.mjs"]\n');

const cli = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
const environment = {...process.env, TAKO_HOME: home};
const daemon = await ensureDaemon({
  files: daemonFiles({config: home, data: home, cache: path.join(home, 'cache')}),
  version: readVersion(),
  command: [process.execPath, cli, 'daemon'],
  environment,
});
const {client, info} = daemon;
const dispatcher = new Agent({
  connections: 1,
  keepAliveTimeout: 60_000,
  connect: {
    ca: readFileSync(info.rootCertificate, 'utf8'),
    lookup: (_host, _options, done) => done(null, [{address: '127.0.0.1', family: 4}]),
  },
});

try {
  const samples = {byHand: [], firstAnswer: [], byRequest: []};
  for (let run = -WARM_UPS; run < RUNS; run++) {
    const {byHand, firstAnswer} = await measureByHand();
    const byRequest = await measureByRequest();
    if (run < 0) continue;
    samples.byHand.push(byHand);
    samples.firstAnswer.push(firstAnswer);
    samples.byRequest.push(byRequest);
  }
  // Of neighbours, which had the same machine: between medians lies whatever else came and went meanwhile.
  const moreMs = median(samples.byRequest.map((byRequest, run) => byRequest - samples.byHand[run]));
  const [byHand, firstAnswer, byRequest, more] = [
    median(samples.byHand),
    median(samples.firstAnswer),
    median(samples.byRequest),
    moreMs,
  ].map(ms => ms.toFixed(1));
  console.log(`cold start: by hand ${byHand} ms to listen and ${firstAnswer} ms for its own first answer;`);
  console.log(`by request ${byRequest} ms to the first byte, ${more} ms more than to listen (limit ${LIMIT_MS} ms)`);
  process.exitCode = moreMs > LIMIT_MS ? 1 : 0;
} finally {
  await dispatcher.close();
  await endDaemon(daemon);
  rmSync(home, {recursive: true});
}

async function measureByHand() {
  const port = await freePort();
  const start = performance.now();
  const child = spawn('node', ['server.mjs'], {
    cwd: directory,
    env: {...process.env, PORT: String(port)},
    stdio: 'ignore',
  });
  const socket = await untilAccepted(port);
  const byHand = performance.now() - start;
  socket.write('GET / HTTP/1.1\r\nHost: app.test\r\n\r\n');
  await once(socket, 'data');
  const firstAnswer = performance.now() - start - byHand;
  socket.destroy();
  child.kill('SIGKILL');
  await once(child, 'exit');
  return {byHand, firstAnswer};
}

async function measureByRequest() {
  const url = `https://app.test:${info.https.port}/`;
  const wanted = {
    directory,
    configFile: null,
    name: 'app',
    variant: null,
    words: [],
    staticRoutes: [],
    terminal: process.env,
  };
  const registration = await resolveRegistration(wanted, await projectOf(wanted), info.zones);
  await client.call('register', {registration});
  // A path that tako answers itself opens the connection without waking the app.
  await ask(`${url}_tako/start.js`);
  await new Promise(resolve => setTimeout(resolve, REST_MS));
  const start = performance.now();
  const {statusCode, body} = await request(url, {dispatcher});
  const elapsed = performance.now() - start;
  await body.dump();
  if (statusCode !== 200) throw new Error(`the app answered ${statusCode}`);
  await client.call('remove', {name: 'app'});
  return elapsed;
}

async function ask(url) {
  const {body} = await request(url, {dispatcher});
  await body.dump();
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function untilAccepted(port) {
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isAccepted = await new Promise(resolve => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    if (isAccepted) return socket;
    socket.destroy();
    await new Promise(resolve => setTimeout(resolve, 1));
  }
}

function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}
