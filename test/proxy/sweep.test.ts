import assert from 'node:assert/strict';
import {setTimeout as delay} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {dateLine} from '../../src/proxy/http1/date.js';
import {createSweep, type Sweep, type Swept} from '../../src/proxy/sweep.js';

/** A sweep on a clock that goes a second with every look at it. */
function createFastSweep(): Sweep {
  let seconds = 0;
  return createSweep({now: () => 1_000 * seconds++}, 1);
}

/** Something that tells the times it was swept at. */
function createSwept(onSweep: (now: number, swept: Swept) => void = () => undefined): Swept & {times: number[]} {
  const swept = {
    times: [] as number[],
    sweep(now: number) {
      swept.times.push(now);
      onSweep(now, swept);
    },
  };
  return swept;
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await delay(1);
}

describe('a sweep', () => {
  it('tells the time of the clock to all that were added, and keeps it', async () => {
    const sweep = createFastSweep();
    assert.equal(sweep.now, 0);
    const [first, second] = [createSwept(), createSwept()];
    sweep.add(first);
    sweep.add(first);
    sweep.add(second);
    await until(() => second.times.length >= 2);
    sweep.close();
    assert.deepEqual(first.times.slice(0, 2), [1_000, 2_000]);
    assert.deepEqual(first.times, second.times);
    assert.equal(sweep.now, first.times.at(-1));
  });

  it('leaves out what was deleted, also by what was swept before it', async () => {
    const sweep = createFastSweep();
    const deleted = createSwept();
    const deleting = createSwept((_now, itself) => {
      sweep.delete(deleted);
      sweep.delete(itself);
    });
    const other = createSwept();
    for (const swept of [deleting, deleted, other]) sweep.add(swept);
    await until(() => other.times.length >= 3);
    sweep.close();
    assert.deepEqual([deleting.times.length, deleted.times.length], [1, 0]);
  });

  it('is over when it is closed', async () => {
    const sweep = createFastSweep();
    const swept = createSwept();
    sweep.add(swept);
    await until(() => swept.times.length > 0);
    sweep.close();
    const {length} = swept.times;
    await delay(20);
    assert.equal(swept.times.length, length);
  });

  it('keeps no process alive', () => {
    const referenced = (): number => process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
    const before = referenced();
    const sweep = createSweep({now: () => 0});
    assert.equal(referenced(), before);
    sweep.close();
  });
});

describe('the Date of an answer', () => {
  it('is the time of the last sweep, to the second', () => {
    const at = (now: number) => dateLine({now} as Sweep);
    assert.equal(at(1_767_225_600_000), 'Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n');
    assert.equal(at(1_767_225_600_999), 'Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n');
    assert.equal(at(1_767_225_601_000), 'Date: Thu, 01 Jan 2026 00:00:01 GMT\r\n');
    assert.equal(at(1_767_225_600_000), 'Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n');
  });
});
