import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {afterEach, describe, it, vi} from 'vitest';
import {endGroup} from '../../src/supervisor/process-group.js';
import {type Clock, systemClock} from '../../src/system/clock.js';
import {groupMembers} from '../../src/system/processes.js';
import {isAlive} from './apps.js';

const started: ChildProcess[] = [];

/** Runs a shell script as the leader of a group; resolves with its pid and its first line of output. */
async function startGroup(script: string): Promise<{pid: number; line: string}> {
  const child = spawn('sh', ['-c', script], {detached: true, stdio: ['ignore', 'pipe', 'inherit']});
  started.push(child);
  const [chunk] = await once(child.stdout, 'data');
  return {pid: child.pid ?? 0, line: String(chunk).trim()};
}

afterEach(async () => {
  vi.restoreAllMocks();
  for (const {pid} of started.splice(0)) await endGroup(pid ?? 0, 0, systemClock);
});

describe('ending a process group', () => {
  it('ends a leader that heeds SIGTERM, and its children', async () => {
    const {pid, line} = await startGroup('sleep 600 & echo $!; wait');
    assert.equal(await endGroup(pid, 10_000, systemClock), 'ended');
    assert.equal(await isAlive(pid), false);
    assert.equal(await isAlive(Number(line)), false);
  });

  it('kills one that does not, after the grace period', async () => {
    const {pid} = await startGroup('trap "" TERM; echo deaf; while :; do sleep 600; done');
    const before = Date.now();
    assert.equal(await endGroup(pid, 300, systemClock), 'killed');
    assert.ok(Date.now() - before >= 290);
    assert.equal(await isAlive(pid), false);
  });

  it('ends members whose leader has gone', async () => {
    const {pid, line} = await startGroup('sleep 600 >/dev/null & echo $!');
    await untilExited(pid);
    assert.equal(await isAlive(Number(line)), true);
    assert.equal(await endGroup(pid, 10_000, systemClock), 'ended');
    assert.deepEqual(
      (await groupMembers(pid)).filter(({state}) => state !== 'Z'),
      [],
    );
  });

  it('kills a member that is deaf though its leader heeds', async () => {
    const {pid, line} = await startGroup('sh -c \'trap "" TERM; echo $$; while :; do sleep 600; done\' & wait');
    assert.equal(await endGroup(pid, 200, systemClock), 'killed');
    assert.equal(await isAlive(Number(line)), false);
  });

  it('takes a group that nobody reaps as ended', async () => {
    // The zombie's parent is outside the group and never waits for it.
    const script =
      'process.stdout.write(String(require("child_process").spawn("true", {detached: true}).pid)); require("child_process").execSync("sleep 600");';
    const child = spawn(process.execPath, ['-e', script], {detached: true, stdio: ['ignore', 'pipe', 'inherit']});
    started.push(child);
    const [zombie] = await once(child.stdout, 'data');
    assert.equal(await endGroup(Number(zombie), 10_000, systemClock), 'ended');
  });

  it('is done at once where there is no such group', async () => {
    const {pid} = await startGroup('echo gone');
    await untilExited(pid);
    assert.equal(await endGroup(pid, 10_000, systemClock), 'ended');
  });

  it('gives up on members of another user, whom the signal to the group did not reach', async () => {
    const {pid} = await startGroup('trap "" TERM; echo deaf; while :; do sleep 600; done');
    mockKill((target, signal) => {
      if (target === -pid && signal === 'SIGKILL') return true;
      if (target > 0) throw Object.assign(new Error('kill EPERM'), {code: 'EPERM'});
    });
    assert.equal(await endGroup(pid, 100, hurriedClock), 'refused');
  });

  it('gives up on what the system does not end', async () => {
    const {pid} = await startGroup('trap "" TERM; echo deaf; while :; do sleep 600; done');
    mockKill((target, signal) => target === -pid && signal === 'SIGKILL');
    assert.equal(await endGroup(pid, 100, hurriedClock), 'stuck');
  });

  it.each([0, 1, -5, Number.NaN, 1.5])('never takes %s for a group', async group => {
    await assert.rejects(endGroup(group, 0, systemClock), RangeError);
  });
});

const hurriedClock: Clock = {...systemClock, sleep: (ms, signal) => systemClock.sleep(ms / 10, signal)};

/** Signals go out as ever unless `act` says that it has taken care of one, or throws. */
function mockKill(act: (target: number, signal: string | number | undefined) => boolean | undefined): void {
  const kill = process.kill.bind(process);
  vi.spyOn(process, 'kill').mockImplementation((target, signal) => act(target, signal) || kill(target, signal));
}

async function untilExited(pid: number): Promise<void> {
  const child = started.find(candidate => candidate.pid === pid);
  if (child?.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
