import assert from 'node:assert/strict';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {createDevMachine, type DevMachine, pidOf} from '../helpers/dev-machine.js';
import {untilGone} from '../helpers/tako.js';

// Ends of the daemon that nobody asked for, as a user has them. Each test has a daemon of its own.

let machine: DevMachine;
const begin = (): void => {
  machine = createDevMachine();
};

describe('kill -9 of the daemon', () => {
  beforeEach(begin);
  afterEach(() => machine.close());

  it('loses no registration and leaves no process behind', async () => {
    const detached = machine.tako.dev(machine.project('one').directory);
    const one = await detached.ready();
    await detached.end('SIGKILL');
    const attached = machine.tako.dev(machine.project('two').directory);
    const two = await attached.ready();
    await attached.end('SIGHUP');
    process.kill((await machine.daemonInfo()).pid, 'SIGKILL');

    await machine.tako.dev(machine.project('three').directory).ready();
    await Promise.all([untilGone(pidOf(one)), untilGone(pidOf(two))]);
    const {apps} = await machine.tako.status();
    assert.deepEqual(
      apps.map(({name, state}) => `${name} ${state}`),
      ['one stopped', 'two stopped', 'three ready'],
    );
    assert.equal((await (await machine.client()).get('one.test')).status, 200);
  });

  it('and its terminal leaves work for stop --all, which does it', async () => {
    const dev = machine.tako.dev(machine.project('hello').directory);
    const running = await dev.ready();
    process.kill((await machine.daemonInfo()).pid, 'SIGKILL');
    await dev.end('SIGKILL');
    const {stderr} = await machine.tako.run(['stop', '--all']);
    assert.equal(stderr, 'hello stopped\n');
    await untilGone(pidOf(running));
    assert.deepEqual(await machine.tako.status(), {daemon: null, apps: []});
  });

  it('and then Ctrl-C leave the app neither running nor registered', async () => {
    const dev = machine.tako.dev(machine.project('hello').directory);
    await dev.ready();
    process.kill((await machine.daemonInfo()).pid, 'SIGKILL');
    await dev.until(event => event.type === 'notice' && event.text.startsWith('the daemon is gone'));
    await dev.end('SIGINT');
    assert.deepEqual((await machine.tako.status()).apps, []);
  });
});

describe('a cold start', () => {
  beforeEach(begin);
  afterEach(() => machine.close());

  it('under a thousand first requests starts one process and answers all of them', async () => {
    const dev = machine.tako.dev(machine.project('hello').directory);
    await dev.ready();
    await dev.end('SIGHUP');
    process.kill((await machine.daemonInfo()).pid, 'SIGKILL');
    // The new daemon knows the app and does not run it.
    await machine.tako.dev(machine.project('other').directory).ready();
    assert.equal((await machine.app('hello')).state, 'stopped');
    const browser = await machine.client(1_000);
    const answers = await Promise.all(Array.from({length: 1_000}, () => browser.get('hello.test', '/pid')));
    assert.deepEqual(new Set(answers.map(({status}) => status)), new Set([200]));
    assert.deepEqual(
      new Set(answers.map(({body}) => body.trim())),
      new Set([String(pidOf(await machine.app('hello')))]),
    );
  }, 60_000);
});
