import assert from 'node:assert/strict';
import {readdir, readFile, readlink} from 'node:fs/promises';
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
let version = 1;

beforeAll(async () => {
  holder = await startHolderProcess({root: await makeRoot()});
  await holder.server();
});
afterAll(closeStarted);

/** The version that the holder's own program was started as. */
async function holderVersion(): Promise<string> {
  const words = (await readFile(`/proc/${holder.child.pid}/cmdline`, 'utf8')).split('\0');
  return words.at(-2) ?? '';
}

/** Has the holder become the next version; resolves with the server process's pid. */
async function upgrade(): Promise<number> {
  const before = await holder.server();
  version++;
  await holder.setVersion(String(version));
  await holder.ask('/reload');
  assert.equal(await holderVersion(), String(version));
  return holder.serverAfter(before);
}

/** Children of the holder that have ended and nobody waited for. */
async function zombies(): Promise<string[]> {
  const children = (await readFile(`/proc/${holder.child.pid}/task/${holder.child.pid}/children`, 'utf8')).trim();
  const pids = children === '' ? [] : children.split(' ');
  const states = await Promise.all(pids.map(pid => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')));
  return pids.filter((_, index) => / Z /.test(states[index] ?? ''));
}

describe('a holder that is replaced', () => {
  it('keeps its process, its apps and its sockets, and loses no connection', async () => {
    const app = scriptSpec(servingScript(''));
    const {pid, port} = await holder.start(app);
    const stop = askAllTheTime(holder.port);
    for (let round = 0; round < 2; round++) await upgrade();
    const {done, refused, failed} = await stop();
    assert.deepEqual({refused, failed}, {refused: 0, failed: []});
    assert.ok(done > 20, `only ${done} requests were made`);
    const instance = await holder.instance(app);
    assert.deepEqual([instance.state, 'pid' in instance && instance.pid], ['ready', pid]);
    assert.equal(await get(port), 'ok');
  });

  it('lets a request that the old server process has begun be finished', async () => {
    const app = scriptSpec(
      servingScript('if (request.url === "/slow") return setTimeout(() => response.end("late"), 1500);'),
    );
    const {port} = await holder.start(app);
    const answer = holder.ask('/wait', {spec: app, url: '/slow'});
    await upgrade();
    assert.equal(await answer, 'late');
    assert.equal(await get(port), 'ok');
  });

  it('loses no line of output, and gives none twice', async () => {
    // Slow enough for what nobody reads yet to find room meanwhile.
    const script = `
      let n = 0;
      const write = () => { for (let i = 0; i < 4; i++) console.log('line ' + n++ + ' ' + 'x'.repeat(n % 300)); };
      setInterval(write, 20);
      ${servingScript('')}`;
    const app = scriptSpec(script, {app: 'chatty'});
    await holder.start(app);
    await upgrade();
    await eventually(async () => assert.ok((await holder.lines(app)).length > 100));
    await holder.ask('/stop', {spec: app});
    // It may have been ended in the middle of the last one.
    const lines = (await holder.lines(app)).filter(([stream]) => stream !== 'tako').slice(0, -1);
    const [first = 0] = lines.map(([, text]) => Number(text.split(' ')[1]));
    const expected = (index: number): string => `line ${first + index} ${'x'.repeat((first + index + 1) % 300)}`;
    const strange = lines.filter(([, text], index) => text !== expected(index));
    assert.deepEqual(strange.slice(0, 3), []);
  });

  it('knows how an app ends that was started before, and starts others', async () => {
    const app = scriptSpec(servingScript('if (request.url === "/end") process.exit(7);'), {app: 'ending'});
    const {pid, port} = await holder.start(app);
    await upgrade();
    await get(port, '/end').catch(() => {});
    await eventually(async () => {
      const instance = await holder.instance(app);
      assert.ok(instance.state === 'ready' && instance.pid !== pid, JSON.stringify(instance));
    });
    const lines = (await holder.lines(app)).map(([, text]) => text);
    assert.ok(
      lines.some(text => /code 7/.test(text)),
      lines.join('\n'),
    );
  });

  it('stops an app that was started before, with all of its group', async () => {
    const app = scriptSpec(
      `require('node:child_process').spawn('sleep', ['1000']).on('spawn', function () { console.log(this.pid); }); ${servingScript('')}`,
      {app: 'stopping'},
    );
    const {pid} = await holder.start(app);
    let child = 0;
    await eventually(async () => {
      child = Number((await holder.lines(app)).find(([stream]) => stream === 'stdout')?.[1]);
      assert.ok(child > 0);
    });
    await upgrade();
    await holder.ask('/stop', {spec: app});
    assert.deepEqual([await isAlive(pid), await isAlive(child)], [false, false]);
  });

  it('leaves no descriptor, file, zombie or folder behind, however often', async () => {
    const count = async (): Promise<number> => (await readdir(`/proc/${holder.child.pid}/fd`)).length;
    await upgrade();
    const before = await eventually(count);
    await upgrade();
    await upgrade();
    await eventually(async () => assert.ok((await count()) <= before + 2, `${before} became ${await count()}`));
    assert.equal(await readlink(`/proc/${holder.child.pid}/fd/0`), '/dev/null');
    assert.ok(!(await readdir(`${holder.root}/holder`)).includes('handover'));
    // The server process before this one: it goes the next time.
    assert.ok((await zombies()).length <= 1, (await zombies()).join());
  });

  it('keeps what server processes left to each other', async () => {
    await holder.ask('/leave', {name: 'ticket-keys', value: {keys: ['a', 'b']}});
    await upgrade();
    assert.deepEqual(await holder.ask('/find', {name: 'ticket-keys'}), {keys: ['a', 'b']});
  });

  it('does so too when it is asked by a signal', async () => {
    const before = await holder.server();
    version++;
    await holder.setVersion(String(version));
    holder.child.kill('SIGHUP');
    await holder.serverAfter(before);
    assert.equal(await holderVersion(), String(version));
  });
});

describe('a holder that cannot be replaced', () => {
  it.each([
    ['broken', /it ended at once/],
    ['strange', /cannot read what this one leaves: another version/],
  ])('goes on with everything when the version is %s, and says what it would take', async (name, reason) => {
    const app = scriptSpec(servingScript(''), {app: name});
    const {pid} = await holder.start(app);
    const server = await holder.server();
    await holder.setVersion(name);
    const error = await holder.ask('/reload').then(
      () => assert.fail('it succeeded'),
      reason => reason,
    );
    await holder.setVersion(String(version));
    assert.equal(error.code, 'HOLDER_NOT_REPLACED');
    assert.match(error.message, reason);
    assert.equal(await holder.server(), server);
    assert.equal((await holder.start(app)).pid, pid);
    assert.equal(await holderVersion(), String(version));
    assert.equal(await readlink(`/proc/${holder.child.pid}/fd/0`), '/dev/null');
  });
});

describe('a holder that has followed another', () => {
  it('leaves nothing running when it is told to end', async () => {
    const app = scriptSpec(servingScript(''), {app: 'last'});
    const {pid} = await holder.start(app);
    const server = await upgrade();
    await holder.close();
    assert.deepEqual([await isAlive(pid), await isAlive(server)], [false, false]);
  });

  it('is followed after kill -9 by one that ends what it left', async () => {
    const root = await makeRoot();
    const first = await startHolderProcess({root});
    await first.server();
    const {pid} = await first.start(scriptSpec(servingScript('')));
    await first.setVersion('2');
    await first.ask('/reload');
    await first.kill();
    const second = await startHolderProcess({root});
    await second.server();
    assert.equal(await isAlive(pid), false);
  });
});
