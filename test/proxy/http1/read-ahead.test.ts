import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {ReadAhead} from '../../../src/proxy/http1/read-ahead.js';
import {createRandom} from '../../helpers/random.js';

describe('what is read ahead', () => {
  it('comes out as it went in, whatever pieces it comes in and goes out in between', () => {
    const random = createRandom(7);
    for (let round = 0; round < 200; round++) {
      const ahead = new ReadAhead();
      const given: Buffer[] = [];
      const taken: Buffer[] = [];
      for (let step = 0; step < 50; step++) {
        const bytes = Buffer.alloc(1 + random.below(random.below(4) === 0 ? 10_000 : 100), step);
        given.push(bytes);
        ahead.add(bytes);
        if (random.below(5) === 0) taken.push(ahead.next() as Buffer);
      }
      for (let piece = ahead.next(); piece !== undefined; piece = ahead.next()) taken.push(piece);
      assert.equal(ahead.length, 0);
      assert.ok(Buffer.concat(taken).equals(Buffer.concat(given)));
    }
  });

  it('holds single bytes in few pieces', () => {
    const ahead = new ReadAhead();
    for (let index = 0; index < 10_000; index++) ahead.add(Buffer.from([index % 256]));
    let pieces = 0;
    let position = 0;
    for (let piece = ahead.next(); piece !== undefined; piece = ahead.next()) {
      pieces += 1;
      for (const byte of piece) assert.equal(byte, position++ % 256);
    }
    assert.equal(position, 10_000);
    assert.equal(pieces, 3);
  });
});
