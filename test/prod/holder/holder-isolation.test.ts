import assert from 'node:assert/strict';
import {stat} from 'node:fs/promises';
import {afterAll, beforeAll, describe, it} from 'vitest';
import {findCgroups} from '../../../src/prod/holder/cgroup.js';
import type {Isolation} from '../../../src/prod/holder/isolation.js';
import type {LaunchSpec} from '../../../src/supervisor/launch-spec.js';
import {systemClock} from '../../../src/system/clock.js';
import {eventually} from '../../helpers/eventually.js';
import {
  closeStarted,
  isAlive,
  isRoot,
  makeRoot,
  scriptSpec,
  servingScript,
  startHolderProcess,
} from './holder-process.js';

const NO_LIMITS = {memoryBytes: null, processes: null, openFiles: null};
const cgroups = await findCgroups(`tako-test-${process.pid}`, systemClock);
const limitsBy = cgroups.version;

type Place = {user?: {uid: number; gid: number}; dataFolder: string};
type Holder = Awaited<ReturnType<typeof startHolderProcess>>;

async function isolationFor(deployment: string, changes: Partial<Isolation> = {}): Promise<Isolation> {
  const {user} = await holder.ask<Place>('/prepare', {deployment});
  return {uid: user?.uid, gid: user?.gid, cgroup: undefined, limits: NO_LIMITS, ...changes};
}

let holder: Holder;

beforeAll(async () => {
  holder = await startHolderProcess({root: await makeRoot()});
  await holder.server();
});
afterAll(closeStarted);
afterAll(() => cgroups.close());

/** The app's first line of output, as JSON. */
const firstLine = <T>(spec: LaunchSpec): Promise<T> =>
  eventually(async () => {
    const line = (await holder.lines(spec)).find(([stream]) => stream === 'stdout');
    assert.ok(line, 'it said nothing yet');
    return JSON.parse(line[1]);
  });

describe.skipIf(!isRoot)('apps of a holder that is root', () => {
  it('run as users of their own, and the server process as another', async () => {
    const {uid: serverUid} = await holder.facts();
    const says = `console.log(JSON.stringify([process.getuid(), process.getgid(), process.getgroups()])); ${servingScript('')}`;
    const [shop, blog] = [scriptSpec(says, {app: 'shop'}), scriptSpec(says, {app: 'blog'})];
    const [shopIsolation, blogIsolation] = [
      await isolationFor('shop/production'),
      await isolationFor('blog/production'),
    ];
    await holder.start(shop, shopIsolation);
    await holder.start(blog, blogIsolation);
    const [[shopUid, shopGid, shopGroups], [blogUid]] = [
      await firstLine<[number, number, number[]]>(shop),
      await firstLine<[number, number, number[]]>(blog),
    ];
    assert.deepEqual([shopUid, shopGid], [shopIsolation.uid, shopIsolation.gid]);
    assert.deepEqual(shopGroups, [shopGid]);
    assert.equal(new Set([0, serverUid, shopUid, blogUid]).size, 4);
  });

  it("can neither signal each other nor read what is another app's or the holder's", async () => {
    const {root} = holder;
    const server = await holder.server();
    const victim = scriptSpec(`
      require('node:fs').writeFileSync(process.env.TAKO_DATA_DIR + '/secret', 'mine');
      console.log(JSON.stringify(process.pid));
      ${servingScript('')}
    `);
    const {user, dataFolder} = await holder.ask<Place>('/prepare', {deployment: 'shop/production'});
    const {uid, gid} = user ?? {};
    const place = {...victim, environment: {...victim.environment, TAKO_DATA_DIR: dataFolder}};
    const {pid} = await holder.start(place, {uid, gid, cgroup: undefined, limits: NO_LIMITS});
    await firstLine(victim);
    assert.equal((await stat(dataFolder)).mode & 0o777, 0o700);

    const intruder = scriptSpec(
      `
      const files = require('node:fs');
      const attempt = work => { try { work(); return 'done'; } catch (error) { return error.code; } };
      console.log(JSON.stringify({
        app: attempt(() => process.kill(${pid}, 'SIGTERM')),
        server: attempt(() => process.kill(${server}, 'SIGTERM')),
        holder: attempt(() => process.kill(${holder.child.pid}, 'SIGTERM')),
        data: attempt(() => files.readdirSync(${JSON.stringify(dataFolder)})),
        secret: attempt(() => files.readFileSync(${JSON.stringify(`${dataFolder}/secret`)})),
        state: attempt(() => files.readdirSync(${JSON.stringify(`${root}/holder`)})),
        environment: attempt(() => files.readFileSync('/proc/${pid}/environ')),
        user: attempt(() => process.setuid(${uid})),
      }));
      ${servingScript('')}
    `,
      {app: 'intruder'},
    );
    await holder.start(intruder, await isolationFor('intruder/production'));
    const {user: setuid, ...others} = await firstLine<Record<string, string>>(intruder);
    assert.deepEqual(others, {
      app: 'EPERM',
      server: 'EPERM',
      holder: 'EPERM',
      data: 'EACCES',
      secret: 'EACCES',
      state: 'EACCES',
      environment: 'EACCES',
    });
    assert.equal(setuid, 'EPERM');
    assert.equal(await isAlive(pid), true);
  });

  it('report where they listen on a FIFO that is theirs alone', async () => {
    const unaware = (app: string, before: string): LaunchSpec =>
      scriptSpec(
        `${before}; require('node:http').createServer((request, response) => response.end('ok')).listen(0, '127.0.0.1')`,
        {app, ready: 'any'},
      );
    const first = unaware('first', 'console.log(JSON.stringify(process.env.TAKO_REPORT))');
    // On a port that nobody told it: only its report shows where.
    await holder.start(first, await isolationFor('first/production'));
    const file = await firstLine<string>(first);
    const second = unaware(
      'second',
      `try { require('node:fs').openSync(${JSON.stringify(file)}, 'w'); console.log('"opened"'); }
       catch (error) { console.log(JSON.stringify(error.code)); }`,
    );
    await holder.start(second, await isolationFor('second/production'));
    assert.equal(await firstLine(second), 'EACCES');
  });

  it('have as many open files as their limit says', async () => {
    const limits = {...NO_LIMITS, openFiles: 64};
    const spec = scriptSpec(`
      console.log(JSON.stringify(/^Max open files\\s+(\\d+)\\s+(\\d+)/m.exec(require('node:fs').readFileSync('/proc/self/limits', 'utf8')).slice(1)));
      ${servingScript('')}
    `);
    await holder.start(spec, await isolationFor('shop/production', {limits}));
    assert.deepEqual(await firstLine(spec), ['64', '64']);
  });

  it('have a program that is not there explained behind the limits too', async () => {
    const isolation = await isolationFor('shop/production', {limits: {...NO_LIMITS, openFiles: 64}});
    const missing = {...scriptSpec(''), command: ['no-such-program'], environment: {PATH: '/usr/bin:/bin'}};
    const error = await holder.start(missing, isolation).then(
      () => assert.fail('it started'),
      reason => reason,
    );
    assert.equal(error.code, 'COMMAND_NOT_FOUND');
  });

  it('are not started as root, nor as somebody whom the holder does not know', async () => {
    for (const user of [
      {uid: 0, gid: 0},
      {uid: 1, gid: 1},
    ]) {
      const isolation = {...user, cgroup: undefined, limits: NO_LIMITS};
      const error = await holder.start(scriptSpec(servingScript('')), isolation).then(
        () => assert.fail('it started'),
        reason => reason,
      );
      assert.equal(error.code, 'ISOLATION_REFUSED');
    }
  });

  it('have their data erased when that is asked for', async () => {
    const {user, dataFolder} = await holder.ask<Place>('/prepare', {deployment: 'shop/production'});
    const spec = scriptSpec(`
      const files = require('node:fs');
      files.mkdirSync(${JSON.stringify(dataFolder)} + '/a/b', {recursive: true});
      files.writeFileSync(${JSON.stringify(dataFolder)} + '/a/b/c', '');
      console.log('true');
      ${servingScript('')}
    `);
    await holder.start(spec, {...NO_USER, ...user});
    await firstLine(spec);
    await holder.ask('/stop', {spec});
    await holder.ask('/erase', {deployment: 'shop/production'});
    await assert.rejects(stat(`${dataFolder}/a`), {code: 'ENOENT'});
    assert.equal((await stat(dataFolder)).uid, user?.uid);
  });
});

const NO_USER: Isolation = {uid: undefined, gid: undefined, cgroup: undefined, limits: NO_LIMITS};

describe.skipIf(limitsBy === null)(`an app with a control group (${limitsBy})`, () => {
  it('that takes more memory than it may is killed, and it is said why', async () => {
    assert.equal((await holder.facts()).limitsBy, limitsBy);
    const greedy = scriptSpec('const kept = []; setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 5);');
    const isolation = await isolationFor('shop/production', {
      cgroup: 'shop-1',
      limits: {...NO_LIMITS, memoryBytes: 128 * 1024 * 1024},
    });
    const error = await holder.start(greedy, isolation).then(
      () => assert.fail('it became ready'),
      reason => reason,
    );
    assert.equal(error.exit.signal, 'SIGKILL');
    assert.equal(error.exit.reason, 'as it used more than its 128 MiB of memory');
  });

  it('that starts more processes than it may is refused them', async () => {
    const forking = scriptSpec(`
      const {spawnSync} = require('node:child_process');
      const {status} = spawnSync('/bin/sh', ['-c', 'i=0; while [ $i -lt 60 ]; do sleep 5 & i=$((i+1)); done']);
      console.log(JSON.stringify(status !== 0));
      ${servingScript('')}
    `);
    const isolation = await isolationFor('shop/production', {
      cgroup: 'shop-2',
      limits: {...NO_LIMITS, processes: 40},
    });
    await holder.start(forking, isolation);
    assert.equal(await firstLine(forking), true);
  });

  it('leaves nothing when it stops, not even what left its group and session', async () => {
    const leaving = scriptSpec(`
      const child = require('node:child_process').spawn('sleep', ['1000'], {detached: true});
      console.log(JSON.stringify(child.pid));
      ${servingScript('')}
    `);
    const isolation = await isolationFor('shop/production', {cgroup: 'shop-3'});
    await holder.start(leaving, isolation);
    const child = await firstLine<number>(leaving);
    await holder.ask('/stop', {spec: leaving});
    await eventually(async () => assert.equal(await isAlive(child), false));
  });
});
