import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {describe, it} from 'vitest';

const MODULE = path.resolve(import.meta.dirname, '../../dist/system/interruption.js');

/** A process that says it is there, and then does what the code says, with an 'exit' listener. */
function start(code: string): ChildProcess {
  const script = `
    import {exitAtSignals, listenForInterruption} from ${JSON.stringify(MODULE)};
    process.on('exit', () => console.log('left in order'));
    ${code}
    console.log('there');
    setInterval(() => undefined, 1_000);`;
  return spawn(process.execPath, ['--input-type=module', '-e', script], {stdio: ['ignore', 'pipe', 'inherit']});
}

async function signalled(code: string, ...signals: NodeJS.Signals[]) {
  const child = start(code);
  let output = '';
  assert.ok(child.stdout);
  for (const signal of signals) {
    const lines = output.split('\n').length;
    while (output.split('\n').length === lines) output += String((await once(child.stdout, 'data'))[0]);
    child.kill(signal);
  }
  child.stdout.on('data', text => (output += text));
  const [exit] = await once(child, 'close');
  return {exit, output};
}

describe('a signal', () => {
  it('ends the process in order, with 128 and its number', async () => {
    for (const [signal, code] of [
      ['SIGHUP', 129],
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      assert.deepEqual(await signalled('exitAtSignals();', signal), {exit: code, output: 'there\nleft in order\n'});
    }
  });

  it('only tells who is in the middle of something, and the second one ends it', async () => {
    const code = `listenForInterruption().signal.addEventListener('abort', ({target}) => console.log(target.reason.code));`;
    const {exit, output} = await signalled(code, 'SIGTERM', 'SIGINT');
    assert.deepEqual({exit, output}, {exit: 130, output: 'there\nINTERRUPTED\nleft in order\n'});
  });

  it('ends the process again when that is over', async () => {
    const {exit} = await signalled('listenForInterruption().close();', 'SIGTERM');
    assert.equal(exit, 143);
  });
});
