import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {describe, it, onTestFinished} from 'vitest';
import type {DeploymentStatus, InstanceSummary} from '../../../src/control/server-methods.js';
import {findCgroups} from '../../../src/prod/holder/cgroup.js';
import {cgroupMemoryFile, withMemory} from '../../../src/prod/server/instance-memory.js';
import {systemClock} from '../../../src/system/clock.js';
import {SHOP} from './world.js';

const MEBIBYTE = 1024 * 1024;

/** Has so many mebibytes, and says when it has. */
async function startProcess(mebibytes: number): Promise<number> {
  const script = `const kept = Buffer.alloc(${mebibytes * MEBIBYTE}, 1); console.log(kept.length); setInterval(() => kept, 1e6)`;
  const child = spawn(process.execPath, ['-e', script], {detached: true, stdio: ['pipe', 'pipe', 'inherit']});
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid ?? 0;
}

const statusOf = (...pids: (number | null)[]): DeploymentStatus => ({
  ...SHOP,
  state: 'running',
  release: '0123456789ab',
  routes: [],
  scale: pids.length,
  instances: pids.map((pid, index): InstanceSummary => {
    return {number: index + 1, release: '0123456789ab', state: 'ready', pid, startedAt: null, memoryBytes: 0};
  }),
  problem: null,
  job: null,
});

const memoryOf = async (status: DeploymentStatus, mount?: string): Promise<number[]> =>
  (await withMemory([status], mount)).flatMap(({instances}) => instances.map(({memoryBytes}) => memoryBytes));

const cgroups = await findCgroups(`tako-test-memory-${process.pid}`, systemClock);

describe('the memory of an instance', () => {
  it('is what its processes have resident where it has no control group', async () => {
    const [small = 0, large = 0, none] = await memoryOf(statusOf(await startProcess(1), await startProcess(120), null));
    assert.ok(small > 20 * MEBIBYTE, String(small));
    assert.ok(large > 120 * MEBIBYTE && large > small, String(large));
    assert.equal(none, 0);
  });

  it.skipIf(cgroups.version === null)(`is what its control group counts (${cgroups.version})`, async () => {
    const pid = await startProcess(1);
    const group = await cgroups.open('app-1f', {memoryBytes: null, processes: null, openFiles: null});
    onTestFinished(() => cgroups.close());
    await group.add(pid);
    const file = cgroupMemoryFile(await readFile(`/proc/${pid}/cgroup`, 'utf8'), '/sys/fs/cgroup');
    const counted = await readFile(file ?? '', 'utf8').catch(() => undefined);
    const [bytes = -1] = await memoryOf(statusOf(pid));
    // Where the group's path is not below its mount, as in some containers, what is resident counts.
    if (counted === undefined) assert.ok(bytes > 20 * MEBIBYTE, String(bytes));
    else assert.equal(bytes > 20 * MEBIBYTE, Number(counted) > 20 * MEBIBYTE);
  });

  it('is looked up in the file of either version', () => {
    const v2 = '0::/system.slice/tako.service/tako/app-1f';
    assert.equal(cgroupMemoryFile(v2, '/cg'), '/cg/system.slice/tako.service/tako/app-1f/memory.current');
    const v1 = '9:pids:/tako/app-1f\n4:memory:/tako/app-1f\n0::/';
    assert.equal(cgroupMemoryFile(v1, '/cg'), '/cg/memory/tako/app-1f/memory.usage_in_bytes');
    assert.equal(cgroupMemoryFile('4:memory:/user.slice\n0::/', '/cg'), undefined);
  });
});
