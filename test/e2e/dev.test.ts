import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, afterEach, beforeAll, beforeEach, describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import type {DaemonInfo} from '../../src/control/protocol.js';
import {type Client, createClient} from '../helpers/client.js';
import {createProject, type TestProject} from '../helpers/project.js';
import {createTako, type Tako, untilGone} from '../helpers/tako.js';

// `tako dev` as a user has it: the built command, a real daemon, real processes.

let tako: Tako;
const projects: TestProject[] = [];
const clients: Client[] = [];

const begin = (): void => {
  tako = createTako();
};

async function end(): Promise<void> {
  await closeClients();
  await tako.close();
  for (const project of projects.splice(0)) project.remove();
}

async function closeClients(): Promise<void> {
  await Promise.all(clients.splice(0).map(client => client.close()));
}

function project(...args: Parameters<typeof createProject>): TestProject {
  const created = createProject(...args);
  projects.push(created);
  return created;
}

async function daemonInfo(): Promise<DaemonInfo> {
  const {daemon} = await tako.status();
  assert.ok(daemon, 'the daemon runs');
  return daemon;
}

async function client(): Promise<Client> {
  const created = createClient(await daemonInfo());
  clients.push(created);
  return created;
}

async function app(name: string): Promise<AppStatus> {
  const found = (await tako.status()).apps.find(status => status.name === name);
  assert.ok(found, `${name} is registered`);
  return found;
}

const pidOf = ({pid}: AppStatus): number => {
  assert.ok(pid !== null, 'the app runs');
  return pid;
};

// One daemon serves the apps of all of these tests; each has names of its own.
describe('tako dev', () => {
  beforeAll(begin);
  afterEach(closeClients);
  afterAll(end);

  it('serves the app of a folder over HTTPS by its names', async () => {
    const {url, urls} = await tako.dev(project('hello').directory).ready();
    const {https} = await daemonInfo();
    assert.equal(url, `https://hello.test:${https.port}`);
    assert.deepEqual(urls, [url, `https://hello.localhost:${https.port}`]);
    const browser = await client();
    assert.equal((await browser.get('hello.test')).status, 200);
    assert.equal((await browser.get('hello.localhost')).status, 200);
    assert.equal((await browser.get('other.test')).status, 421);
  });

  it('serves what it does not start beside the app, with --route', async () => {
    const other = createServer((_, response) => response.end('not an app'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const {port} = other.address() as AddressInfo;
    const {directory} = project('beside');
    const dev = tako.dev(directory, '--route', `db.test=${port}`);
    const {urls} = await dev.ready();
    const browser = await client();
    assert.equal((await browser.get('db.test')).body, 'not an app');
    assert.equal((await browser.get('beside.test')).status, 200);
    assert.ok(urls.some(url => url.startsWith('https://db.test:')));
    other.close();
    other.closeAllConnections();
    const gone = await browser.get('db.test');
    assert.equal(gone.status, 502);
    assert.match(gone.body, new RegExp(`127\\.0\\.0\\.1:${port}`));
    await dev.end('SIGTERM');
    const {code, stderr} = await tako.run(['dev', '--route', 'db.example.com=80'], {cwd: directory});
    assert.equal(code, 1);
    assert.match(stderr, /ROUTE_OUTSIDE_ZONES/);
  });

  it('starts a second app without disturbing the first', async () => {
    const first = await tako.dev(project('one').directory).ready();
    const {pid} = await daemonInfo();
    await tako.dev(project('two').directory).ready();
    assert.equal(pidOf(await app('one')), first.pid);
    assert.equal((await daemonInfo()).pid, pid);
  });

  it('shows one app in two terminals, and stops it for both', async () => {
    const {directory} = project('watched');
    const first = tako.dev(directory);
    const second = tako.dev(directory);
    assert.equal((await first.ready()).pid, (await second.ready()).pid);
    await first.end('SIGINT');
    await second.until(event => event.type === 'ended');
    assert.ok(!(await tako.status()).apps.some(({name}) => name === 'watched'));
  });

  it('leaves the app running when its terminal goes away, and attaches to it again', async () => {
    const {directory} = project('left');
    const before = tako.dev(directory);
    const {pid} = await before.ready();
    await before.end('SIGHUP');
    assert.equal((await app('left')).pid, pid);
    assert.equal((await tako.dev(directory).ready()).pid, pid);
  });

  it('shows what the app says while it stops, to the last line', async () => {
    const {directory} = project('polite', 'says-goodbye.mjs');
    await tako.dev(directory).ready();
    const follower = tako.dev(directory);
    await follower.ready();
    assert.equal((await tako.run(['stop', 'polite'])).code, 0);
    await follower.until(event => event.type === 'log' && event.line.text === 'goodbye');
    await follower.until(event => event.type === 'log' && /^pid \d+ stopped$/.test(event.line.text));
    await follower.until(event => event.type === 'removed');
  });

  it('takes a grace period of nothing', async () => {
    await tako.dev(project('graceless', 'fd4-server.mjs', 'grace_period = 0\n').directory).ready();
  });

  it('gives another folder with the same name a name of its own', async () => {
    const first = project('double');
    const second = project('double');
    await tako.dev(first.directory).ready();
    const {name} = await tako.dev(second.directory).ready();
    assert.match(name, /^double-/);
    assert.equal((await (await client()).get(`${name}.test`)).status, 200);
  });

  it('refuses a route that another app serves, and names that app', async () => {
    await tako
      .dev(project('holder', 'fd4-server.mjs', '[envs.development]\nroute = "shared.test"\n').directory)
      .ready();
    const {directory} = project('late', 'fd4-server.mjs', '[envs.development]\nroute = "shared.test"\n');
    const {code, stderr} = await tako.run(['dev'], {cwd: directory});
    assert.equal(code, 1);
    assert.match(stderr, /shared\.test is served by holder already \[ROUTE_CONFLICT\]/);
  });

  it('tells a waiting request at once why the app did not start', async () => {
    const dev = tako.dev(project('broken', 'exits-early.mjs').directory);
    const problem = await dev.until(event => event.type === 'status' && (event.status.problem ?? undefined));
    assert.equal(problem.code, 'APP_EXITED_EARLY');
    const {status, body} = await (await client()).get('broken.test');
    assert.equal(status, 502);
    assert.match(body, /APP_EXITED_EARLY/);
  });

  it('says which setting of tako.toml is wrong, where, and what was meant', async () => {
    const {directory, write} = project('hello');
    write('tako.toml', 'name = "hello"\nrutime = "node"\n\n[envs.production]\nrouts = ["a.example.com"]\n');
    const {code, stderr} = await tako.run(['dev'], {cwd: directory});
    assert.equal(code, 1);
    assert.match(stderr, /tako\.toml:2:1 rutime: .*"runtime"/);
    assert.match(stderr, /tako\.toml:5:1 envs\.production\.routs: .*"route"/);
  });

  it('costs nobody a request when the app is killed: the next one starts it again', async () => {
    const {pid} = await tako.dev(project('killed').directory).ready();
    const browser = await client();
    process.kill(pid ?? 0, 'SIGKILL');
    assert.equal((await browser.get('killed.test')).status, 200);
    assert.notEqual(pidOf(await app('killed')), pid);
  });

  it('leaves the app running when its terminal is killed', async () => {
    const dev = tako.dev(project('orphaned').directory);
    const {pid} = await dev.ready();
    await dev.end('SIGKILL');
    assert.equal((await app('orphaned')).pid, pid);
  });
});

// The daemon itself ends in these: each has its own.
describe('the last app that is stopped', () => {
  beforeEach(begin);
  afterEach(end);

  it('ends the daemon', async () => {
    const dev = tako.dev(project('hello').directory);
    const {pid} = await dev.ready();
    const daemon = await daemonInfo();
    await dev.end('SIGINT');
    await untilGone(pid ?? 0);
    await untilGone(daemon.pid);
  });
});

describe('kill -9 of the daemon', () => {
  beforeEach(begin);
  afterEach(end);

  it('under an open terminal starts another one, and the app with it', async () => {
    const dev = tako.dev(project('hello').directory);
    const {pid} = await dev.ready();
    process.kill((await daemonInfo()).pid, 'SIGKILL');
    await dev.until(event => event.type === 'status' && event.status.state === 'ready' && event.status.pid !== pid);
    assert.equal((await (await client()).get('hello.test')).status, 200);
  });
});
