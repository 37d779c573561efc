import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFile} from 'node:fs/promises';
import {describe, it} from 'vitest';
import {parseEnd, readEnd} from '../../src/supervisor/inherited-exit.js';
import {eventually} from '../helpers/eventually.js';

/** Until the shell has become a program that waits for nobody. */
const WAIT = 'until grep -q sleep /proc/$PPID/comm; do :; done';

/** What a process that does not wait for its child sees of it when that has ended as the script says. */
async function statOfZombie(script: string): Promise<{readonly stat: string; readonly parent: number}> {
  const parent = spawn('sh', ['-c', `sh -c '${WAIT}; ${script}' & echo $!; exec sleep 1000`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(parent.stdout, 'data');
    const stat = await eventually(async () => {
      const text = await readFile(`/proc/${Number(line)}/stat`, 'utf8');
      assert.match(text, /\) Z /);
      return text;
    });
    return {stat, parent: parent.pid ?? 0};
  } finally {
    parent.kill('SIGKILL');
  }
}

describe('the end of a child that nobody waited for', () => {
  it.each([
    ['exit 0', {code: 0, signal: null}],
    ['exit 7', {code: 7, signal: null}],
    ['exit 255', {code: 255, signal: null}],
    ['kill -TERM $$', {code: null, signal: 'SIGTERM'}],
    ['kill -KILL $$', {code: null, signal: 'SIGKILL'}],
  ])('is what the system tells of it: %s', async (script, exit) => {
    const {stat, parent} = await statOfZombie(script);
    assert.deepEqual(parseEnd(stat, parent), exit);
  });

  it('is not that of another process that has its pid by now', async () => {
    const {stat} = await statOfZombie('exit 3');
    assert.deepEqual(parseEnd(stat, process.pid), {code: null, signal: null});
  });

  it('is not there while any of its threads runs', () => {
    const fields = Array.from({length: 50}, () => '0');
    fields[0] = 'Z';
    fields[1] = '100';
    fields[17] = '2';
    assert.equal(parseEnd(`7 (a ) name) ${fields.join(' ')}`, 100), undefined);
    fields[17] = '1';
    assert.deepEqual(parseEnd(`7 (a ) name) ${fields.join(' ')}`, 100), {code: 0, signal: null});
  });

  it('is nothing yet for a child that runs, and unknown for one that is gone', async () => {
    const child = spawn('sleep', ['1000'], {stdio: 'ignore'});
    assert.equal(await readEnd(child.pid ?? 0), undefined);
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(await readEnd(child.pid ?? 0), {code: null, signal: null});
  });
});
