import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {UnreadBytes} from '../../../src/proxy/http1/unread-bytes.js';
import {createRandom} from '../../helpers/random.js';
import {runs} from '../../helpers/soak.js';

/** Uses all there is. */
function takeEach(unread: UnreadBytes): Buffer[] {
  const taken: Buffer[] = [];
  while (unread.current !== undefined) {
    taken.push(unread.current);
    unread.consume(unread.current.length);
  }
  return taken;
}

describe('bytes that are not used yet', () => {
  it('come out as they went in, in whatever pieces they come and are used', () => {
    const random = createRandom(7);
    for (let run = 0; run < runs(200); run++) {
      const unread = new UnreadBytes();
      const given: Buffer[] = [];
      const used: Buffer[] = [];
      for (let step = 0; step < 50; step++) {
        const bytes = random.bytes(1 + random.below(random.below(4) === 0 ? 10_000 : 100));
        given.push(bytes);
        unread.add(bytes);
        unread.keep();
        const end = random.below((unread.current?.length ?? 0) + 1);
        if (random.below(3) > 0 || end === 0) continue;
        used.push((unread.current as Buffer).subarray(0, end));
        unread.consume(end);
      }
      const total = (pieces: Buffer[]): number => pieces.reduce((sum, piece) => sum + piece.length, 0);
      assert.equal(unread.length, total(given) - total(used));
      assert.ok(Buffer.concat([...used, ...takeEach(unread)]).equals(Buffer.concat(given)));
      assert.equal(unread.length, 0);
    }
  });

  it('are few pieces, also when they come one by one', () => {
    const unread = new UnreadBytes();
    for (let index = 0; index <= 10_000; index++) unread.add(Buffer.from([index % 256]));
    const pieces = takeEach(unread);
    assert.equal(pieces.length, 4);
    assert.ok(Buffer.concat(pieces).every((byte, index) => byte === index % 256));
  });

  it('are taken whole, and then there are none', () => {
    const unread = new UnreadBytes();
    assert.equal(unread.takeAll(), undefined);
    for (const text of ['one', 'two', 'x'.repeat(5_000)]) unread.add(Buffer.from(text));
    assert.equal(String(unread.takeAll()), `onetwo${'x'.repeat(5_000)}`);
    assert.equal(unread.length, 0);
  });
});
