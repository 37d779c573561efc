import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readdir, readFile} from 'node:fs/promises';
import {afterAll, describe, it} from 'vitest';
import {findCgroups} from '../../../src/prod/holder/cgroup.js';
import {createGroupLeases} from '../../../src/prod/holder/control-groups.js';
import {systemClock} from '../../../src/system/clock.js';

const cgroups = await findCgroups(`tako-test-groups-${process.pid}`, systemClock);
const NO_LIMITS = {memoryBytes: null, processes: null, openFiles: null};

afterAll(() => cgroups.close());

const groupsOf = async (pid: number | undefined): Promise<string> => readFile(`/proc/${pid}/cgroup`, 'utf8');

describe.skipIf(cgroups.version === null)(`control groups (${cgroups.version})`, () => {
  it('are left with all that is in them when they are removed', async () => {
    const group = await cgroups.open('one', NO_LIMITS);
    const child = spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'});
    const exited = once(child, 'exit');
    await group.add(child.pid ?? 0);
    assert.match(await groupsOf(child.pid), /tako-test-groups-\d+\/one$/m);
    await group.remove();
    assert.deepEqual(await exited, [null, 'SIGKILL']);
    // Gone already.
    await group.remove();
  });

  it('are cleared of what a predecessor left', async () => {
    const child = spawn('sleep', ['1000'], {detached: true, stdio: 'ignore'});
    const exited = once(child, 'exit');
    await (await cgroups.open('left', NO_LIMITS)).add(child.pid ?? 0);
    await cgroups.clear();
    assert.deepEqual(await exited, [null, 'SIGKILL']);
  });

  it('stay for as long as one of several has a lease', async () => {
    const leases = createGroupLeases(cgroups);
    const first = await leases.take('shared', NO_LIMITS);
    const second = await leases.take('shared', NO_LIMITS);
    const child = spawn('sleep', ['1000'], {stdio: 'ignore'});
    const exited = once(child, 'exit');
    await second.admit(child.pid ?? 0);
    await first.release();
    assert.equal(child.exitCode, null);
    assert.match(await groupsOf(child.pid), /\/shared$/m);
    await second.release();
    assert.deepEqual(await exited, [null, 'SIGKILL']);
  });

  it('have nothing to say of an end that was not theirs', async () => {
    const lease = await createGroupLeases(cgroups).take('quiet', {...NO_LIMITS, memoryBytes: 64 * 1024 * 1024});
    assert.deepEqual(await lease.explain({code: 1, signal: null}), {code: 1, signal: null});
    await lease.release();
  });
});

/** A tree of version 2 that has what limits need, and why there is none. */
async function findV2(): Promise<{readonly mount: string; readonly lack: string}> {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  const mount = / (\S+) cgroup2 /.exec(mounts)?.[1];
  if (mount === undefined) return {mount: '', lack: 'this machine has no cgroup2 mounted'};
  const controllers = await readFile(`${mount}/cgroup.controllers`, 'utf8').catch(() => '');
  const isWhole = ['memory', 'pids'].every(name => controllers.split(/\s+/).includes(name));
  return {mount, lack: isWhole ? '' : 'the kernel here has memory and pids in version 1'};
}

const v2 = await findV2();

describe.skipIf(v2.lack !== '')(`control groups of version 2${v2.lack && `, not tried as ${v2.lack}`}`, () => {
  it('count and limit what is in them, and say when that was the end of it', async () => {
    const groups = await findCgroups(`tako-test-v2-${process.pid}`, systemClock, v2.mount);
    assert.equal(groups.version, 'cgroup-v2');
    try {
      const memoryBytes = 64 * 1024 * 1024;
      const lease = await createGroupLeases(groups).take('hungry', {...NO_LIMITS, memoryBytes});
      const script = `process.stdin.once('data', () => { globalThis.kept = Buffer.alloc(${4 * memoryBytes}, 1); })`;
      const child = spawn(process.execPath, ['-e', script], {detached: true, stdio: ['pipe', 'ignore', 'ignore']});
      const exited = once(child, 'exit');
      await lease.admit(child.pid ?? 0);
      child.stdin?.write('now');
      const [code, signal] = await exited;
      assert.deepEqual(await lease.explain({code, signal}), {
        ...{code: null, signal: 'SIGKILL'},
        reason: 'as it used more than its 64 MiB of memory',
      });
      await lease.release();
    } finally {
      await groups.close();
    }
  });
});

describe.skipIf(v2.mount === '' || v2.lack === '')('a tree of version 2 without the memory controller', () => {
  it('limits nothing, and is left as it was', async () => {
    const before = await readdir(v2.mount);
    const groups = await findCgroups(`tako-test-v2-${process.pid}`, systemClock, v2.mount);
    assert.equal(groups.version, null);
    assert.deepEqual(await readdir(v2.mount), before);
  });
});

describe('a machine without control groups', () => {
  it('has no limits, and says so', async () => {
    const none = await findCgroups('tako-test', systemClock, '/nonexistent');
    assert.equal(none.version, null);
    const group = await none.open('any', NO_LIMITS);
    await group.add(process.pid);
    await group.remove();
  });
});
