import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {describe, it, onTestFinished} from 'vitest';
import {tryLock} from '../../src/system/lock.js';
import {temporaryFolder} from './support.js';

const LOCK = path.resolve(import.meta.dirname, '../../dist/system/lock.js');

/** Another process that takes the lock, says whether it got it, and runs on. */
async function lockElsewhere(file: string): Promise<{child: ChildProcess; hasLock: boolean}> {
  const program = `import {tryLock} from ${JSON.stringify(LOCK)};
    globalThis.lock = tryLock(${JSON.stringify(file)});
    console.log(globalThis.lock ? 'taken' : 'refused');
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {stdio: ['ignore', 'pipe', 'ignore']});
  onTestFinished(() => void child.kill('SIGKILL'));
  const [answer] = await once(child.stdout, 'data');
  return {child, hasLock: String(answer).trim() === 'taken'};
}

describe('a lock', () => {
  it('is had by one process at a time', async () => {
    const file = path.join(temporaryFolder(), 'lock');
    const lock = tryLock(file);
    assert.ok(lock);
    assert.equal((await lockElsewhere(file)).hasLock, false);
    lock.release();
    assert.equal((await lockElsewhere(file)).hasLock, true);
  });

  it('is refused while another process has it, and free once that was killed', async () => {
    const file = path.join(temporaryFolder(), 'lock');
    const {child, hasLock} = await lockElsewhere(file);
    assert.equal(hasLock, true);
    assert.equal(tryLock(file), undefined);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    const lock = tryLock(file);
    assert.ok(lock);
    lock.release();
  });

  it('is refused within one process as well', () => {
    const file = path.join(temporaryFolder(), 'lock');
    const lock = tryLock(file);
    assert.equal(tryLock(file), undefined);
    lock?.release();
    tryLock(file)?.release();
  });

  it('in a folder that is not there is an error', () => {
    assert.throws(() => tryLock(path.join(temporaryFolder(), 'no-such', 'lock')));
  });
});
