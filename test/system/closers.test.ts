import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createClosers} from '../../src/system/closers.js';

describe('closers', () => {
  it('close last first, one after the other', async () => {
    const closers = createClosers();
    const order: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      closers.add(async () => {
        order.push(`${name} begins`);
        await new Promise(setImmediate);
        order.push(`${name} ends`);
      });
    }
    await closers.close();
    assert.deepEqual(order, ['c begins', 'c ends', 'b begins', 'b ends', 'a begins', 'a ends']);
  });

  it('close once, and whoever asks again waits for the same', async () => {
    const closers = createClosers();
    const gate = Promise.withResolvers<void>();
    let count = 0;
    closers.add(async () => {
      count += 1;
      await gate.promise;
    });
    const closing = [closers.close(), closers.close()];
    gate.resolve();
    await Promise.all(closing);
    assert.equal(count, 1);
  });

  it('close the rest when one fails, and tell of it at the end', async () => {
    const closers = createClosers();
    const closed: string[] = [];
    const failure = new Error('stuck');
    closers.add(() => void closed.push('first'));
    closers.add(() => Promise.reject(failure));
    closers.add(() => {
      throw failure;
    });
    closers.add(() => void closed.push('last'));
    await assert.rejects(closers.close(), error => {
      assert.ok(error instanceof AggregateError);
      assert.deepEqual(error.errors, [failure, failure]);
      return true;
    });
    assert.deepEqual(closed, ['last', 'first']);
  });

  it('have nothing to do when nothing was added', () => createClosers().close());
});
