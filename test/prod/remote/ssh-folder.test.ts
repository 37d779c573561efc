import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, describe, it} from 'vitest';

const MODULE = path.resolve(import.meta.dirname, '../../../dist/prod/remote/ssh-folder.js');
const SCRIPT = `
  import {makeSshFolder} from ${JSON.stringify(MODULE)};
  await makeSshFolder();
  await makeSshFolder();
  console.log('there');
  process.stdin.on('end', () => process.exit(0)).resume();`;

/** The folder for temporary files of the processes below. */
const temporary = realpathSync(mkdtempSync(path.join(tmpdir(), 'tako-folders-')));
afterAll(() => rmSync(temporary, {recursive: true, force: true}));
const names = (): string[] => readdirSync(temporary);

/** A process that has two folders, until it is ended as said. */
async function run(end: NodeJS.Signals | 'stdin') {
  const env = {...process.env, TMPDIR: temporary};
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], {
    env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  await once(child.stdout, 'data');
  const during = names();
  if (end === 'stdin') child.stdin.end();
  else child.kill(end);
  await closed;
  return {during, pid: child.pid};
}

describe('the folder of a connection', () => {
  it('goes with its process, however that is asked to end', async () => {
    for (const end of ['stdin', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      const {during, pid} = await run(end);
      assert.equal(during.filter(name => name.startsWith(`tako-ssh-${pid}-`)).length, 2);
      assert.deepEqual(names(), [], end);
    }
  });

  it('of a process that was killed goes with the next one, and nobody else’s does', async () => {
    await run('SIGKILL');
    assert.equal(names().length, 2);
    const others = [`tako-ssh-${process.pid}-abcdef`, 'tako-ssh-mine', 'tako-sshd-1-abcdef'];
    for (const name of others) mkdirSync(path.join(temporary, name));
    writeFileSync(path.join(temporary, others[0] ?? '', 'c'), '');
    await run('SIGTERM');
    assert.deepEqual(names().sort(), others.sort());
  });
});
