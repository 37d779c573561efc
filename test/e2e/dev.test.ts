import assert from 'node:assert/strict';
import {once} from 'node:events';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {afterAll, afterEach, beforeAll, beforeEach, describe, it} from 'vitest';
import {createDevMachine, type DevMachine, pidOf} from '../helpers/dev-machine.js';
import {untilGone} from '../helpers/tako.js';

// `tako dev` as a user has it: the built command, a real daemon, real processes.

let machine: DevMachine;
const begin = (): void => {
  machine = createDevMachine();
};

// One daemon serves the apps of all of these tests; each has names of its own.
describe('tako dev', () => {
  beforeAll(begin);
  afterEach(() => machine.closeClients());
  afterAll(() => machine.close());

  it('serves the app of a folder over HTTPS by its names', async () => {
    const {url, urls} = await machine.tako.dev(machine.project('hello').directory).ready();
    const {https} = await machine.daemonInfo();
    assert.equal(url, `https://hello.test:${https.port}`);
    assert.deepEqual(urls, [url, `https://hello.localhost:${https.port}`]);
    const browser = await machine.client();
    assert.equal((await browser.get('hello.test')).status, 200);
    assert.equal((await browser.get('hello.localhost')).status, 200);
    assert.equal((await browser.get('other.test')).status, 421);
  });

  it('serves what it does not start beside the app, with --route', async () => {
    const other = createServer((_, response) => response.end('not an app'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const {port} = other.address() as AddressInfo;
    const {directory} = machine.project('beside');
    const dev = machine.tako.dev(directory, '--route', `db.test=${port}`);
    const {urls} = await dev.ready();
    const browser = await machine.client();
    assert.equal((await browser.get('db.test')).body, 'not an app');
    assert.equal((await browser.get('beside.test')).status, 200);
    assert.ok(urls.some(url => url.startsWith('https://db.test:')));
    other.close();
    other.closeAllConnections();
    const gone = await browser.get('db.test');
    assert.equal(gone.status, 502);
    assert.match(gone.body, new RegExp(`127\\.0\\.0\\.1:${port}`));
    await dev.end('SIGTERM');
    const {code, stderr} = await machine.tako.run(['dev', '--route', 'db.example.com=80'], {cwd: directory});
    assert.equal(code, 1);
    assert.match(stderr, /ROUTE_OUTSIDE_ZONES/);
  });

  it('starts a second app without disturbing the first', async () => {
    const first = await machine.tako.dev(machine.project('one').directory).ready();
    const {pid} = await machine.daemonInfo();
    await machine.tako.dev(machine.project('two').directory).ready();
    assert.equal(pidOf(await machine.app('one')), first.pid);
    assert.equal((await machine.daemonInfo()).pid, pid);
  });

  it('shows one app in two terminals, and stops it when both have left', async () => {
    const {directory} = machine.project('watched');
    const first = machine.tako.dev(directory);
    const second = machine.tako.dev(directory);
    const {pid} = await first.ready();
    assert.equal((await second.ready()).pid, pid);
    await first.end('SIGINT');
    assert.equal((await machine.app('watched')).pid, pid);
    await second.end('SIGINT');
    assert.ok(!(await machine.tako.status()).apps.some(({name}) => name === 'watched'));
  });

  it('leaves the app running when its terminal goes away, and attaches to it again', async () => {
    const {directory} = machine.project('left');
    const before = machine.tako.dev(directory);
    const {pid} = await before.ready();
    await before.end('SIGHUP');
    assert.equal((await machine.app('left')).pid, pid);
    assert.equal((await machine.tako.dev(directory).ready()).pid, pid);
  });

  it('shows what the app says while it stops, to the last line', async () => {
    const {directory} = machine.project('polite', 'says-goodbye.mjs');
    await machine.tako.dev(directory).ready();
    const follower = machine.tako.dev(directory);
    await follower.ready();
    assert.equal((await machine.tako.run(['stop', 'polite'])).code, 0);
    await follower.until(event => event.type === 'log' && event.line.text === 'goodbye');
    await follower.until(event => event.type === 'log' && /^pid \d+ stopped$/.test(event.line.text));
    await follower.until(event => event.type === 'removed');
  });

  it('takes a grace period of nothing', async () => {
    await machine.tako.dev(machine.project('graceless', 'fd4-server.mjs', 'grace_period = 0\n').directory).ready();
  });

  it('gives another folder with the same name a name of its own', async () => {
    const first = machine.project('double');
    const second = machine.project('double');
    await machine.tako.dev(first.directory).ready();
    const {name} = await machine.tako.dev(second.directory).ready();
    assert.match(name, /^double-/);
    assert.equal((await (await machine.client()).get(`${name}.test`)).status, 200);
  });

  it('refuses a route that another app serves, and names that app', async () => {
    await machine.tako
      .dev(machine.project('holder', 'fd4-server.mjs', '[envs.development]\nroute = "shared.test"\n').directory)
      .ready();
    const {directory} = machine.project('late', 'fd4-server.mjs', '[envs.development]\nroute = "shared.test"\n');
    const {code, stderr} = await machine.tako.run(['dev'], {cwd: directory});
    assert.equal(code, 1);
    assert.match(stderr, /shared\.test is served by holder already \[ROUTE_CONFLICT\]/);
  });

  it('tells a waiting request at once why the app did not start', async () => {
    const dev = machine.tako.dev(machine.project('broken', 'exits-early.mjs').directory);
    const problem = await dev.until(event => event.type === 'status' && (event.status.problem ?? undefined));
    assert.equal(problem.code, 'APP_EXITED_EARLY');
    const {status, body} = await (await machine.client()).get('broken.test');
    assert.equal(status, 502);
    assert.match(body, /APP_EXITED_EARLY/);
  });

  it('says which setting of tako.toml is wrong, where, and what was meant', async () => {
    const {directory, write} = machine.project('hello');
    write('tako.toml', 'name = "hello"\nrutime = "node"\n\n[envs.production]\nrouts = ["a.example.com"]\n');
    const {code, stderr} = await machine.tako.run(['dev'], {cwd: directory});
    assert.equal(code, 1);
    assert.match(stderr, /tako\.toml:2:1 rutime: .*"runtime"/);
    assert.match(stderr, /tako\.toml:5:1 envs\.production\.routs: .*"route"/);
  });

  it('costs nobody a request when the app is killed: the next one starts it again', async () => {
    const {pid} = await machine.tako.dev(machine.project('killed').directory).ready();
    const browser = await machine.client();
    process.kill(pid ?? 0, 'SIGKILL');
    assert.equal((await browser.get('killed.test')).status, 200);
    assert.notEqual(pidOf(await machine.app('killed')), pid);
  });

  it('leaves the app running when its terminal is killed', async () => {
    const dev = machine.tako.dev(machine.project('orphaned').directory);
    const {pid} = await dev.ready();
    await dev.end('SIGKILL');
    assert.equal((await machine.app('orphaned')).pid, pid);
  });
});

// The daemon itself ends in these: each has its own.
describe('the last app that is stopped', () => {
  beforeEach(begin);
  afterEach(() => machine.close());

  it('ends the daemon', async () => {
    const dev = machine.tako.dev(machine.project('hello').directory);
    const {pid} = await dev.ready();
    const daemon = await machine.daemonInfo();
    await dev.end('SIGINT');
    await untilGone(pid ?? 0);
    await untilGone(daemon.pid);
  });
});

describe('kill -9 of the daemon', () => {
  beforeEach(begin);
  afterEach(() => machine.close());

  it('under an open terminal starts another one, and the app with it', async () => {
    const dev = machine.tako.dev(machine.project('hello').directory);
    const {pid} = await dev.ready();
    process.kill((await machine.daemonInfo()).pid, 'SIGKILL');
    await dev.until(event => event.type === 'status' && event.status.state === 'ready' && event.status.pid !== pid);
    assert.equal((await (await machine.client()).get('hello.test')).status, 200);
  });
});
