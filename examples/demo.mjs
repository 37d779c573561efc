// `npm run demo`: the whole way of one request on this machine, in a home of its own and on free ports, so that it
// changes nothing and meets no other tako: daemon, name server, certificate authority, proxy, app.
import {spawn, spawnSync} from 'node:child_process';
import {Resolver} from 'node:dns/promises';
import {once} from 'node:events';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import https from 'node:https';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {createInterface} from 'node:readline';

const HOST = 'hello.test';
const isOnce = process.argv.includes('--once');
const root = path.resolve(import.meta.dirname, '..');
const tako = path.join(root, 'dist', 'cli.js');
const home = mkdtempSync(path.join(tmpdir(), 'tako-demo-'));
const environment = {...process.env, TAKO_HOME: home};

const dev = spawn(process.execPath, [tako, 'dev', '--json', '--port', '0', '--http-port', '0', '--dns-port', '0'], {
  cwd: path.join(root, 'examples', 'hello'),
  env: environment,
  stdio: ['ignore', 'pipe', 'inherit'],
});

try {
  await main();
} finally {
  await stop();
}

async function main() {
  step('tako dev', 'in examples/hello: starts the daemon and the app');
  const app = await untilReady();
  step('app', `ready: pid ${app.pid} wrote port ${app.port} to file descriptor 4`);

  const {daemon} = JSON.parse(run('status', '--json'));
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${daemon.dnsPort}`]);
  const [address] = await resolver.resolve4(HOST);
  step('dns', `${HOST} is ${address}, says the name server on port ${daemon.dnsPort}`);

  const ca = readFileSync(daemon.rootCertificate, 'utf8');
  const page = await fetchPage({ca, address, port: daemon.https.port});
  step('tls', `${page.protocol} with a certificate for ${page.subject}, signed by ${page.issuer}`);
  step('https', `${page.status} for ${app.url}: "${/<h1>(.*)<\/h1>/.exec(page.body)?.[1]}"`);
  if (page.status !== 200 || !page.body.includes('Hello from https://hello.test'))
    throw new Error('not the page of examples/hello');

  const local = app.urls.find(url => url.includes('.localhost')) ?? app.url;
  console.log(`
Open ${local} in a browser (it will warn: this demo's certificate authority is trusted nowhere), or

  curl --cacert ${daemon.rootCertificate} ${local}
`);
  if (isOnce) return;
  console.log('Ctrl-C ends it.');
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM'), once(dev, 'exit')]);
}

async function untilReady() {
  for await (const line of createInterface({input: dev.stdout})) {
    const event = JSON.parse(line);
    if (event.ok === false) throw new Error(`${event.error.message} [${event.error.code}]`);
    if (event.type !== 'status') continue;
    if (event.status.problem) throw new Error(`${event.status.problem.message} [${event.status.problem.code}]`);
    if (event.status.state === 'ready') return event.status;
  }
  throw new Error('tako dev ended before the app was ready');
}

function fetchPage({ca, address, port}) {
  return new Promise((resolve, reject) => {
    const options = {host: address, port, servername: HOST, ca, headers: {host: `${HOST}:${port}`}, agent: false};
    const request = https.get(options, response => {
      const certificate = response.socket.getPeerCertificate();
      let body = '';
      response.setEncoding('utf8');
      response.on('data', chunk => (body += chunk));
      response.on('end', () =>
        resolve({
          status: response.statusCode,
          body,
          protocol: response.socket.getProtocol(),
          subject: certificate.subjectaltname,
          issuer: certificate.issuer.CN,
        }),
      );
    });
    request.on('error', reject);
  });
}

function run(...args) {
  const {stdout, stderr, status} = spawnSync(process.execPath, [tako, ...args], {env: environment, encoding: 'utf8'});
  if (status !== 0) throw new Error(stderr || stdout);
  return stdout;
}

async function stop() {
  if (dev.exitCode === null && dev.signalCode === null) {
    dev.kill('SIGTERM');
    dev.stdout.resume();
    await once(dev, 'exit');
  }
  run('dev', 'stop', '--all', '--json');
  rmSync(home, {recursive: true, force: true});
  step('stopped', 'app and daemon; nothing is left');
}

function step(name, text) {
  console.log(`${name.padEnd(8)}  ${text}`);
}
