import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm, symlink} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, describe, it} from 'vitest';
import {
  environmentHas,
  groupMembers,
  isRunning,
  memoryOfGroups,
  type ProcessTable,
  parseProcStat,
  parsePsLine,
  processIdentity,
  processName,
  procTable,
  psTable,
} from '../../src/system/processes.js';

const started: ChildProcess[] = [];

async function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(command, args, {detached: true, env: {PATH: process.env.PATH, ...env}, stdio: 'ignore'});
  started.push(child);
  await once(child, 'spawn');
  return child.pid ?? 0;
}

afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await once(child, 'exit');
  }
});

const tables: readonly (readonly [string, ProcessTable])[] =
  process.platform === 'linux'
    ? [
        ['/proc', procTable],
        ['ps', psTable],
      ]
    : [['ps', psTable]];

describe.each(tables)('a process as %s knows it', (_name, table) => {
  it('has a parent and a group', async () => {
    const pid = await start('sleep', ['600']);
    const identity = await table.find(pid);
    assert.deepEqual([identity?.pid, identity?.parent, identity?.group], [pid, process.pid, pid]);
    assert.ok(identity && isRunning(identity));
  });

  it('has one start time, however often it is asked', async () => {
    const own = await table.find(process.pid);
    assert.ok(own?.startTime);
    assert.equal((await table.find(process.pid))?.startTime, own.startTime);
  });

  it('is among all of them', async () => {
    const pid = await start('sleep', ['600']);
    const all = await table.all();
    assert.deepEqual(
      all.filter(identity => identity.pid === pid).map(({group}) => group),
      [pid],
    );
    assert.ok(all.some(identity => identity.pid === process.pid));
  });

  it('has a name and uses memory', async () => {
    const pid = await start('sleep', ['600']);
    assert.equal(await table.name(pid), 'sleep');
    assert.ok((await table.residentBytes(pid)) > 10_000);
  });

  it('is nothing when it is not there', async () => {
    const pid = await start('true', []);
    const [child] = started;
    if (child?.exitCode === null) await once(child, 'exit');
    assert.equal(await table.find(pid), undefined);
    assert.equal(await table.name(pid), undefined);
    assert.equal(await table.residentBytes(pid), 0);
  });
});

describe('a process', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tako-processes-'));
  });

  afterEach(() => rm(folder, {recursive: true}));

  it('is read rightly though its name contains spaces and parentheses', async () => {
    const program = path.join(folder, 'a) S 1 (b');
    await symlink('/bin/sleep', program);
    const pid = await start(program, ['600']);
    assert.equal(await processName(pid), 'a) S 1 (b');
    assert.equal((await processIdentity(pid))?.group, pid);
  });

  it('is not running when it is a zombie', async () => {
    // Its parent waits for something else, and so does not take note of it.
    const script =
      'const {spawn, execSync} = require("child_process"); console.log(spawn("true").pid); execSync("sleep 600")';
    const parent = spawn(process.execPath, ['-e', script], {detached: true, stdio: ['ignore', 'pipe', 'ignore']});
    started.push(parent);
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(line);
    while ((await processIdentity(pid))?.state !== 'Z') await new Promise(setImmediate);
    const zombie = await processIdentity(pid);
    assert.equal(zombie && isRunning(zombie), false);
  });

  it('shows what its environment was at the start, by whole entries', async () => {
    const pid = await start('sleep', ['600'], {TAKO_INSTANCE: 'abc'});
    assert.equal(await environmentHas(pid, 'TAKO_INSTANCE=abc'), true);
    assert.equal(await environmentHas(pid, 'TAKO_INSTANCE=ab'), false);
    assert.equal(await environmentHas(pid, 'INSTANCE=abc'), false);
    assert.equal(await environmentHas(2 ** 30, 'TAKO_INSTANCE=abc'), false);
  });

  it('counts to its group, and its memory to that of the group', async () => {
    const parent = spawn('sh', ['-c', 'sleep 600 & echo $!; wait'], {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    started.push(parent);
    const [line] = await once(parent.stdout, 'data');
    const group = parent.pid ?? 0;
    const members = (await groupMembers(group)).map(({pid}) => pid);
    assert.deepEqual(
      members.sort((a, b) => a - b),
      [group, Number(line)].sort((a, b) => a - b),
    );
    const other = await start('sleep', ['600']);
    const sizes = await memoryOfGroups([group, other, 2 ** 30]);
    assert.deepEqual([...sizes.keys()], [group, other, 2 ** 30]);
    assert.ok((sizes.get(group) ?? 0) > (await procTable.residentBytes(group)));
    assert.ok((sizes.get(other) ?? 0) > 10_000);
    assert.equal(sizes.get(2 ** 30), 0);
  });
});

it('reads a line of /proc/PID/stat', () => {
  const stat = '77 (a) R (b) S 1 77 70 0 -1 4194560 9 0 0 0 1 2 3 4 20 0 1 0 123456 2000 300 184 1 1\n';
  assert.deepEqual(parseProcStat(stat, 'boot'), {
    pid: 77,
    startTime: 'boot/123456',
    parent: 1,
    state: 'S',
    group: 77,
    session: 70,
  });
});

it('reads a line of ps as macOS prints it', () => {
  assert.deepEqual(parsePsLine('  501     1   501      0 Ss+  Mon Jan  5 10:00:00 2026    \n'), {
    pid: 501,
    startTime: 'Mon Jan 5 10:00:00 2026',
    parent: 1,
    state: 'S',
    group: 501,
    session: 0,
  });
  assert.equal(parsePsLine(''), undefined);
});
