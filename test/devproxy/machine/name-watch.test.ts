import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import {watchNames} from '../../../src/devproxy/machine/name-watch.js';
import {createFakeClock} from '../../proxy/load-balancing/fake-clock.js';

/** A machine whose names can be taken away, and somebody who reads what is said. */
function watch() {
  const clock = createFakeClock();
  const machine = {isFound: false, isWatched: true, looks: 0};
  const said: string[] = [];
  const stop = new AbortController();
  const watching = watchNames(
    {
      clock,
      isWatched: () => machine.isWatched,
      async isFound() {
        machine.looks++;
        return machine.isFound;
      },
      onLost: () => void said.push('lost'),
      onFound: isAgain => void (isAgain && said.push('found')),
    },
    stop.signal,
  );
  const isOver = assert.rejects(watching);
  onTestFinished(async () => {
    stop.abort();
    await isOver;
  });
  return {machine, said, pass: clock.advance};
}

const MINUTE = 60_000;

describe('the watch over names', () => {
  it('says once that names are lost, and once that they are found again', async () => {
    const {machine, said, pass} = watch();
    machine.isFound = true;
    await pass(2 * MINUTE);
    assert.deepEqual(said, []);
    machine.isFound = false;
    await pass(10 * MINUTE);
    assert.deepEqual(said, ['lost']);
    machine.isFound = true;
    await pass(MINUTE);
    assert.deepEqual(said, ['lost', 'found']);
    machine.isFound = false;
    await pass(MINUTE);
    assert.deepEqual(said, ['lost', 'found', 'lost']);
  });

  it('says nothing where names were never found', async () => {
    const {machine, said, pass} = watch();
    await pass(60 * MINUTE);
    assert.deepEqual(said, []);
    assert.ok(machine.looks <= 61, 'and asks seldom');
  });

  it('takes a moment without a network for no loss', async () => {
    const {machine, said, pass} = watch();
    machine.isFound = true;
    await pass(MINUTE + 1_000);
    const {looks} = machine;
    machine.isFound = false;
    while (machine.looks === looks) await pass(1_000);
    machine.isFound = true;
    await pass(10 * MINUTE);
    assert.deepEqual(said, []);
  });

  it('asks nobody while nobody looks', async () => {
    const {machine, said, pass} = watch();
    machine.isFound = true;
    await pass(MINUTE);
    const {looks} = machine;
    machine.isWatched = false;
    await pass(MINUTE);
    machine.isFound = false;
    await pass(60 * MINUTE);
    assert.ok(machine.looks <= looks + 1);
    assert.deepEqual(said, []);
    machine.isWatched = true;
    await pass(MINUTE);
    assert.deepEqual(said, ['lost']);
  });
});
