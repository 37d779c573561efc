import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {afterEach, describe, it} from 'vitest';
import type {InstanceRecord} from '../../src/supervisor/instance-records.js';
import {endOrphans} from '../../src/supervisor/orphans.js';
import {endGroup} from '../../src/supervisor/process-group.js';
import {systemClock} from '../../src/system/clock.js';
import {processIdentity} from '../../src/system/processes.js';
import {isAlive} from './apps.js';
import {createMemoryRecords} from './memory-records.js';

const started: ChildProcess[] = [];

/** A process group as a daemon that was killed leaves it: `line` is the first that its script printed. */
async function startOrphan(id: string, script: string): Promise<{pid: number; line: string; child: ChildProcess}> {
  const env = {PATH: process.env.PATH, TAKO_INSTANCE: id};
  const child = spawn('sh', ['-c', script], {detached: true, env, stdio: ['ignore', 'pipe', 'inherit']});
  started.push(child);
  const [chunk] = await once(child.stdout, 'data');
  return {pid: child.pid ?? 0, line: String(chunk).trim(), child};
}

const recordOf = async (id: string, pid: number): Promise<InstanceRecord> => {
  return {id, app: 'web', pid, startTime: (await processIdentity(pid))?.startTime};
};

async function end(...initial: readonly InstanceRecord[]): Promise<void> {
  const records = createMemoryRecords(initial);
  await endOrphans(records, 5_000, systemClock);
  assert.deepEqual(records.all(), []);
}

afterEach(async () => {
  for (const {pid} of started.splice(0)) await endGroup(pid ?? 0, 0, systemClock);
});

const RUN_ON = 'echo up; exec sleep 600';

describe('what a killed daemon left running', () => {
  it('is ended by its pid and start time', async () => {
    const {pid} = await startOrphan('one', 'sleep 600 & echo $!; wait');
    await end(await recordOf('one', pid));
    assert.equal(await isAlive(pid), false);
  });

  it('is ended when only members of its group are left, by the marker in their environment', async () => {
    const {pid, line, child} = await startOrphan('two', 'sleep 600 >/dev/null & echo $!');
    const record = await recordOf('two', pid);
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(await isAlive(Number(line)), true);
    await end(record);
    assert.equal(await isAlive(Number(line)), false);
  });

  it('is found by the marker when its pid was never noted', async () => {
    const {pid} = await startOrphan('three', RUN_ON);
    const {pid: other} = await startOrphan('four', RUN_ON);
    await end({id: 'three', app: 'web', pid: undefined, startTime: undefined});
    assert.equal(await isAlive(pid), false);
    assert.equal(await isAlive(other), true);
  });

  it('is found by the marker when its start time was never noted', async () => {
    const {pid} = await startOrphan('five', RUN_ON);
    await end({id: 'five', app: 'web', pid, startTime: undefined});
    assert.equal(await isAlive(pid), false);
  });

  it('is not mistaken for another process that has its pid now', async () => {
    const {pid} = await startOrphan('unrelated', RUN_ON);
    await end(
      {id: 'six', app: 'web', pid, startTime: 'another time'},
      {id: 'six and a half', app: 'web', pid, startTime: undefined},
    );
    assert.equal(await isAlive(pid), true);
  });

  it('may be nothing', async () => {
    const {pid, child} = await startOrphan('seven', 'echo done');
    if (child.exitCode === null) await once(child, 'exit');
    await end(
      {id: 'seven', app: 'web', pid, startTime: 'then'},
      {id: 'eight', app: 'web', pid: undefined, startTime: undefined},
    );
  });
});
