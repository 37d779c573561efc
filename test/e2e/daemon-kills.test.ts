import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import type {DaemonInfo} from '../../src/control/protocol.js';
import {type Client, createClient} from '../helpers/client.js';
import {createProject, type TestProject} from '../helpers/project.js';
import {createTako, type Tako, untilGone} from '../helpers/tako.js';

// Ends of the daemon that nobody asked for, as a user has them. Each test has a daemon of its own.

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

describe('kill -9 of the daemon', () => {
  beforeEach(begin);
  afterEach(end);

  it('loses no registration and leaves no process behind', async () => {
    const detached = tako.dev(project('one').directory);
    const one = await detached.ready();
    await detached.end('SIGKILL');
    const attached = tako.dev(project('two').directory);
    const two = await attached.ready();
    await attached.end('SIGHUP');
    process.kill((await daemonInfo()).pid, 'SIGKILL');

    await tako.dev(project('three').directory).ready();
    await Promise.all([untilGone(pidOf(one)), untilGone(pidOf(two))]);
    const {apps} = await tako.status();
    assert.deepEqual(
      apps.map(({name, state}) => `${name} ${state}`),
      ['one stopped', 'two stopped', 'three ready'],
    );
    assert.equal((await (await client()).get('one.test')).status, 200);
  });

  it('and its terminal leaves work for stop --all, which does it', async () => {
    const dev = tako.dev(project('hello').directory);
    const running = await dev.ready();
    process.kill((await daemonInfo()).pid, 'SIGKILL');
    await dev.end('SIGKILL');
    const {stderr} = await tako.run(['stop', '--all']);
    assert.equal(stderr, 'hello stopped\n');
    await untilGone(pidOf(running));
    assert.deepEqual(await tako.status(), {daemon: null, apps: []});
  });

  it('and then Ctrl-C leave the app neither running nor registered', async () => {
    const dev = tako.dev(project('hello').directory);
    await dev.ready();
    process.kill((await daemonInfo()).pid, 'SIGKILL');
    await dev.until(event => event.type === 'notice' && event.text.startsWith('the daemon is gone'));
    await dev.end('SIGINT');
    assert.deepEqual((await tako.status()).apps, []);
  });
});

describe('a cold start', () => {
  beforeEach(begin);
  afterEach(end);

  it('under a thousand first requests starts one process and answers all of them', async () => {
    const dev = tako.dev(project('hello').directory);
    await dev.ready();
    await dev.end('SIGHUP');
    process.kill((await daemonInfo()).pid, 'SIGKILL');
    // The new daemon knows the app and does not run it.
    await tako.dev(project('other').directory).ready();
    assert.equal((await app('hello')).state, 'stopped');
    const browser = createClient(await daemonInfo(), 1_000);
    clients.push(browser);
    const answers = await Promise.all(Array.from({length: 1_000}, () => browser.get('hello.test', '/pid')));
    assert.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]));
    assert.deepEqual(new Set(answers.map(({body}) => body.trim())), new Set([String(pidOf(await app('hello')))]));
  }, 60_000);
});
