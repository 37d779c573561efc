import assert from 'node:assert/strict';
import {once} from 'node:events';
import net from 'node:net';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {eventually} from '../../helpers/eventually.js';
import {
  askAllTheTime,
  closeStarted,
  get,
  type HolderProcess,
  isAlive,
  makeRoot,
  scriptSpec,
  servingScript,
  startHolderProcess,
} from './holder-process.js';

let holder: HolderProcess;

beforeAll(async () => {
  holder = await startHolderProcess({root: await makeRoot()});
  await holder.server();
});
afterAll(closeStarted);

describe('a reload', () => {
  it('loses no connection, however often', async () => {
    let pid = await holder.server();
    const stop = askAllTheTime(holder.port);
    for (let round = 0; round < 5; round++) {
      holder.child.kill('SIGHUP');
      pid = await holder.serverAfter(pid);
    }
    const {done, refused, failed} = await stop();
    assert.deepEqual({refused, failed}, {refused: 0, failed: []});
    assert.ok(done > 50, `only ${done} requests were made`);
  });

  it('leaves the apps as they are, and the old process ends when it has finished', async () => {
    const old = await holder.server();
    const app = scriptSpec(servingScript('console.log(request.url)'), {app: 'logging'});
    const {pid, port} = await holder.start(app);
    // Keeps the old one from having finished.
    const open = net.connect(holder.port, '127.0.0.1');
    await once(open, 'connect');
    await holder.ask('/reload');
    await holder.serverAfter(old);
    await get(port, '/later');
    await eventually(async () => {
      const lines = await holder.lines(app);
      assert.ok(
        lines.some(([, text]) => text === '/later'),
        JSON.stringify(lines),
      );
    });
    const instance = await holder.instance(app);
    assert.deepEqual([instance.state, 'pid' in instance && instance.pid], ['ready', pid]);
    assert.equal(await isAlive(old), true);
    open.destroy();
    await eventually(async () => assert.equal(await isAlive(old), false));
    assert.equal(await get(port), 'ok');
  });

  it('has an old process that does not finish killed after its deadline', async () => {
    const impatient = await startHolderProcess({root: await makeRoot(), drainTimeoutMs: 300});
    const old = await impatient.server();
    const open = net.connect(impatient.port, '127.0.0.1').on('error', () => {});
    await once(open, 'connect');
    await impatient.ask('/reload');
    await eventually(async () => assert.equal(await isAlive(old), false));
    assert.match(impatient.said(), /had not finished within 0.3 s, and is killed/);
    open.destroy();
  });

  it('by a signal is up to the server process, as one by a command is', async () => {
    const old = await holder.server();
    await holder.ask('/refuse');
    holder.child.kill('SIGHUP');
    await eventually(() => assert.match(holder.said(), /not reloaded: a deploy is under way/));
    assert.equal(await holder.server(), old);
    await holder.ask('/reload');
    await holder.serverAfter(old);
  });

  it('leaves what is not handed over to the process that started it, until that ends', async () => {
    const old = await holder.server();
    const open = net.connect(holder.port, '127.0.0.1');
    await once(open, 'connect');
    const app = scriptSpec(servingScript(''), {app: 'once'});
    const {pid} = await holder.ask<{pid: number}>('/start', {spec: app, isHandedOver: false});
    await holder.ask('/reload');
    await holder.serverAfter(old);
    assert.deepEqual([(await holder.instance(app)).state, await isAlive(pid)], ['stopped', true]);
    open.destroy();
    await eventually(async () => assert.deepEqual([await isAlive(old), await isAlive(pid)], [false, false]));
  });

  it('carries over what the old process has left', async () => {
    const old = await holder.server();
    await holder.ask('/leave', {name: 'ticket-keys', value: {keys: ['a', 'b']}});
    await holder.ask('/reload');
    await holder.serverAfter(old);
    assert.deepEqual(await holder.ask('/find', {name: 'ticket-keys'}), {keys: ['a', 'b']});
  });

  it('whose new process fails tells why, and the old one goes on', async () => {
    const old = await holder.server();
    const app = scriptSpec(servingScript(''), {app: 'staying'});
    const {pid} = await holder.start(app);
    await holder.setMode('exits');
    const error = await holder.ask('/reload').then(
      () => assert.fail('it succeeded'),
      reason => reason,
    );
    assert.equal(error.code, 'RELOAD_FAILED');
    assert.equal(error.message, 'the new server process did not become ready: it exited with code 3');
    assert.deepEqual(error.details, ['the self-check failed: no certificate']);
    assert.equal(await holder.server(), old);
    assert.equal((await holder.start(app)).pid, pid);
    await holder.setMode('works');
  });
});

describe('a server process that is killed', () => {
  it('is followed by another, and no connection is refused', async () => {
    let pid = await holder.server();
    const stop = askAllTheTime(holder.port);
    for (let round = 0; round < 3; round++) {
      process.kill(pid, 'SIGKILL');
      pid = await holder.serverAfter(pid);
    }
    const {done, refused} = await stop();
    assert.equal(refused, 0);
    assert.ok(done > 0, 'nobody answered');
  });

  it('is followed by another when the next fails too', async () => {
    const old = await holder.server();
    await holder.setMode('exits');
    process.kill(old, 'SIGKILL');
    await eventually(() => assert.match(holder.said(), /it exited with code 3[\s\S]*it exited with code 3/));
    await holder.setMode('works');
    await holder.serverAfter(old);
  });
});
