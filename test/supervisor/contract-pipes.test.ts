import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {existsSync, fstatSync, mkdirSync, readdirSync, readSync, rmdirSync, writeSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, describe, it, vi} from 'vitest';
import {
  type ContractPipes,
  closeContractPipes,
  createPipeSupply,
  openContractPipes,
} from '../../src/supervisor/contract-pipes.js';
import {eventually} from '../helpers/eventually.js';

const leftFolders = (): readonly string[] =>
  readdirSync(tmpdir()).filter(name => name.startsWith(`tako-pipes-${process.pid}-`));

describe('the pipes of the contract', () => {
  it('are FIFOs, and carry bytes', async () => {
    const before = leftFolders();
    const pipes = await openContractPipes();
    for (const {read, write} of Object.values(pipes)) {
      assert.ok(fstatSync(read).isFIFO() && fstatSync(write).isFIFO());
      const received = Buffer.alloc(8);
      writeSync(write, 'bytes');
      assert.equal(received.toString('utf8', 0, readSync(read, received)), 'bytes');
    }
    // Only that for reports is opened by its name later.
    assert.deepEqual(readdirSync(path.dirname(pipes.report.file)), [path.basename(pipes.report.file)]);
    closeContractPipes(pipes);
    assert.deepEqual(
      leftFolders().filter(name => !before.includes(name)),
      [],
    );
  });

  it('are made where there is a folder for them when that of TMPDIR has gone', async () => {
    vi.stubEnv('TMPDIR', '/no/such/folder');
    closeContractPipes(await openContractPipes());
  });
});

afterEach(() => vi.unstubAllEnvs());

describe('a supply of pipes', () => {
  it('has the next pair ready before it is asked for', async () => {
    const opened = createOpener();
    const supply = createPipeSupply(opened.open);
    assert.equal(opened.count(), 1);
    closeContractPipes(await supply.take());
    assert.equal(opened.count(), 1, 'the app that starts comes first');
    await eventually(() => assert.equal(opened.count(), 2));
    await supply.close();
  });

  it('removes what a process that has died left of its own', async () => {
    const {pid} = spawnSync('true');
    const [abandoned, kept] = [`tako-pipes-${pid}-x`, `tako-pipes-${process.pid}-x`].map(name =>
      path.join(tmpdir(), name),
    );
    assert.ok(abandoned && kept);
    for (const folder of [abandoned, kept]) mkdirSync(folder);
    const supply = createPipeSupply();
    while (existsSync(abandoned)) await new Promise(resolve => setTimeout(resolve, 5));
    assert.ok(existsSync(kept));
    rmdirSync(kept);
    await supply.close();
  });

  it('gives each pair once', async () => {
    const supply = createPipeSupply();
    const pairs = await Promise.all([supply.take(), supply.take(), supply.take()]);
    assert.equal(new Set(pairs.flatMap(pair => [pair.bootstrap.read, pair.readiness.write, pair.report.file])).size, 9);
    pairs.forEach(closeContractPipes);
    await supply.close();
  });

  it('tries again after a failure', async () => {
    const opened = createOpener(1);
    const supply = createPipeSupply(opened.open);
    await opened.failed;
    closeContractPipes(await supply.take());
    await supply.close();
  });

  it('tries again itself when the spare pair is just failing', async () => {
    const supply = createPipeSupply(createOpener(1).open);
    closeContractPipes(await supply.take());
    await supply.close();
  });
});

/** Opens real pipes, after `failures` failures; `failed` resolves when the last of them has been noticed. */
function createOpener(failures = 0): {open: () => Promise<ContractPipes>; count: () => number; failed: Promise<void>} {
  let count = 0;
  const open = async (): Promise<ContractPipes> => {
    count++;
    if (count <= failures) throw new Error('no room');
    return openContractPipes();
  };
  return {open, count: () => count, failed: new Promise(resolve => setImmediate(resolve))};
}
