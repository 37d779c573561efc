import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir, stat} from 'node:fs/promises';
import {afterEach, describe, it} from 'vitest';
import {eventually} from '../../helpers/eventually.js';
import {closeStarted, isAlive, makeRoot, scriptSpec, servingScript, startHolderProcess} from './holder-process.js';

afterEach(closeStarted);

const app = scriptSpec(`
  const child = require('node:child_process').spawn('sleep', ['1000']);
  console.log(child.pid);
  ${servingScript('')}
`);

async function startApp(holder: Awaited<ReturnType<typeof startHolderProcess>>): Promise<readonly number[]> {
  const {pid} = await holder.start(app);
  const child = await eventually(async () => {
    const line = (await holder.lines(app)).find(([stream]) => stream === 'stdout');
    assert.ok(line);
    return Number(line[1]);
  });
  return [pid, child];
}

const areAlive = (pids: readonly number[]): Promise<boolean[]> => Promise.all(pids.map(isAlive));

describe('a holder', () => {
  it('ends the server process and all apps when it is told to', async () => {
    const holder = await startHolderProcess({root: await makeRoot()});
    const server = await holder.server();
    const pids = await startApp(holder);
    holder.child.kill('SIGTERM');
    const [code] = await once(holder.child, 'exit');
    assert.deepEqual([code, await areAlive([server, ...pids])], [0, [false, false, false]]);
  });

  it('ends when its server process asks for that', async () => {
    const holder = await startHolderProcess({root: await makeRoot()});
    await holder.server();
    const pids = await startApp(holder);
    const exited = once(holder.child, 'exit');
    await holder.ask('/shutdown');
    assert.deepEqual(await exited, [0, null]);
    assert.deepEqual(await areAlive(pids), [false, false]);
  });

  it('kills an app that does not comply', async () => {
    const holder = await startHolderProcess({root: await makeRoot(), graceMs: 200});
    await holder.server();
    const {pid} = await holder.start(scriptSpec(`process.on('SIGTERM', () => {}); ${servingScript('')}`));
    await holder.close();
    assert.equal(await isAlive(pid), false);
  });

  it('that was killed leaves no server process, and no app after the next start', async () => {
    const root = await makeRoot();
    const holder = await startHolderProcess({root});
    const server = await holder.server();
    const pids = await startApp(holder);
    await holder.kill();
    await eventually(async () => assert.equal(await isAlive(server), false));

    const next = await startHolderProcess({root, listeners: holder.options.listeners});
    await next.server();
    assert.deepEqual(await areAlive(pids), [false, false]);
    assert.equal((await next.instance(app)).state, 'stopped');
    await startApp(next);
  });

  it('that was killed is followed by another even where its server process hangs', async () => {
    const root = await makeRoot();
    const holder = await startHolderProcess({root});
    const server = await holder.server();
    process.kill(server, 'SIGSTOP');
    await holder.kill();
    const next = await startHolderProcess({root, listeners: holder.options.listeners});
    assert.notEqual(await next.server(), server);
    assert.equal(await isAlive(server), false);
  });

  it('that was killed leaves nothing that concerns a process of somebody else', async () => {
    const root = await makeRoot();
    const bystander = spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'});
    const holder = await startHolderProcess({root});
    await holder.server();
    await startApp(holder);
    await holder.kill();
    const next = await startHolderProcess({root, listeners: holder.options.listeners});
    await next.server();
    assert.equal(await isAlive(bystander.pid ?? 0), true);
    bystander.kill();
  });

  it('is the only one for its folder', async () => {
    const root = await makeRoot();
    const holder = await startHolderProcess({root});
    const server = await holder.server();
    const second = await startHolderProcess({root});
    assert.deepEqual(await once(second.child, 'exit'), [1, null]);
    assert.match(second.said(), /HOLDER_RUNNING/);
    assert.equal(await holder.server(), server);
  });

  it('keeps its folder to itself', async () => {
    const root = await makeRoot();
    const holder = await startHolderProcess({root});
    await holder.server();
    assert.ok((await readdir(`${root}/holder`)).includes('instances.sqlite'));
    assert.equal((await stat(`${root}/holder`)).mode & 0o777, 0o700);
  });
});
