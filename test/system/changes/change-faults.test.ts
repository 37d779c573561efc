import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {ChangeRecords} from '../../../src/system/changes/change-record.js';
import {planChanges} from '../../../src/system/changes/plan-changes.js';
import {type Run, run} from '../../../src/system/exec.js';
import {isSoak} from '../../helpers/soak.js';
import {bring, createMachine, read, snapshot} from './support.js';

/** Each operation under soak; else a sample. */
const STRIDE = isSoak ? 1 : 3;

/** A process that is killed before its nth operation, or halfway through it. */
function killedAt(n: number, isHalf: boolean) {
  let count = 0;
  const dies = (): boolean => ++count === n;
  const killed = new Error('killed');
  return {
    count: () => count,
    run: (async (command, options) => {
      if (!dies()) return run(command, options);
      // Only what takes input can be half done; the others are one system call that matters.
      if (isHalf && options?.input !== undefined) await run(command, {...options, input: options.input.slice(0, 5)});
      throw killed;
    }) satisfies Run,
    recordsOf: (records: ChangeRecords): ChangeRecords => ({
      get all() {
        return records.all;
      },
      find: records.find,
      put: async record => {
        if (dies()) throw killed;
        await records.put(record);
      },
      remove: async id => {
        if (dies()) throw killed;
        await records.remove(id);
      },
    }),
  };
}

describe('a change that is cut short at any of its operations', () => {
  it.each([false, true])('is completed by the next run, or taken back by it (halfway: %j)', async isHalf => {
    let operations = Number.POSITIVE_INFINITY;
    for (let n = 1; n <= operations; n += STRIDE) {
      for (const then of ['complete', 'undo'] as const) {
        const {at, change, records} = createMachine();
        const before = snapshot(at('.'));
        const kill = killedAt(n, isHalf);
        const ended = await bring([change], kill.recordsOf(await records()), {run: kill.run}).then(
          () => true,
          () => false,
        );
        if (ended) operations = kill.count();
        if (then === 'complete') {
          await bring([change], await records());
          assert.match(read(at('hosts')) ?? '', /a\.test/);
          assert.match(read(at('service.log')) ?? '', /restart/);
          assert.deepEqual(planChanges([change], (await records()).all, read), []);
        }
        await bring([], await records());
        assert.deepEqual(snapshot(at('.')), before, `killed at ${n}, then ${then}`);
      }
    }
    assert.ok(operations > 10, `${operations} operations`);
  });

  it.each([false, true])('on its way back, goes all the way the next time (halfway: %j)', async isHalf => {
    let operations = Number.POSITIVE_INFINITY;
    for (let n = 1; n <= operations; n += STRIDE) {
      const {at, change, records} = createMachine();
      const before = snapshot(at('.'));
      await bring([change], await records());
      const kill = killedAt(n, isHalf);
      const ended = await bring([], kill.recordsOf(await records()), {run: kill.run}).then(
        () => true,
        () => false,
      );
      if (ended) operations = kill.count();
      await bring([], await records());
      assert.deepEqual(snapshot(at('.')), before, `killed at ${n}`);
    }
    assert.ok(operations > 5, `${operations} operations`);
  });
});
