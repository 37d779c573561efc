import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {type Blocks, type Place, scrollBy, scrollTo, scrollToFirst, seenBlocks} from '../../../src/ui/screen/scroll.js';
import {createRandom} from '../../helpers/random.js';

const blocksOf = (...rows: readonly number[]): Blocks => ({count: rows.length, rowsOf: index => rows[index] ?? 0});

/** The rows that are seen, each named by its block and its own place in it. */
const rowsAt = (blocks: Blocks, place: Place | null, height: number): readonly string[] =>
  seenBlocks(blocks, place, height).flatMap(({index, fromRow, toRow}) =>
    Array.from({length: toRow - fromRow}, (_, row) => `${index}.${fromRow + row}`),
  );

/** All rows there are. */
const allRows = (blocks: Blocks): readonly string[] => rowsAt(blocks, null, Number.MAX_SAFE_INTEGER);

describe('a window over a log', () => {
  it('ends with the newest row', () => {
    assert.deepEqual(rowsAt(blocksOf(1, 3, 2), null, 4), ['1.1', '1.2', '2.0', '2.1']);
    assert.deepEqual(rowsAt(blocksOf(1, 1), null, 5), ['0.0', '1.0']);
    assert.deepEqual(rowsAt(blocksOf(), null, 5), []);
  });

  it('leaves out what is not shown', () => {
    assert.deepEqual(rowsAt(blocksOf(1, 0, 1, 0), null, 2), ['0.0', '2.0']);
  });

  it('asks for the rows of no more than it shows', () => {
    const asked = new Set<number>();
    const blocks: Blocks = {
      count: 10_000,
      rowsOf: index => {
        asked.add(index);
        return 1;
      },
    };
    seenBlocks(blocks, null, 20);
    assert.equal(asked.size, 20);
  });

  it('moves up a row at a time, through a block that is larger than it is', () => {
    const blocks = blocksOf(1, 5, 1);
    let place = scrollBy(blocks, null, -1, 2);
    assert.deepEqual(rowsAt(blocks, place, 2), ['1.3', '1.4']);
    place = scrollBy(blocks, place, -2, 2);
    assert.deepEqual(rowsAt(blocks, place, 2), ['1.1', '1.2']);
  });

  it('stops at the first row, and follows again at the last', () => {
    const blocks = blocksOf(1, 1, 1, 1);
    const first = scrollBy(blocks, null, -100, 2);
    assert.deepEqual(rowsAt(blocks, first, 2), ['0.0', '1.0']);
    assert.deepEqual(scrollToFirst(blocks, 2), first);
    assert.equal(scrollBy(blocks, first, 100, 2), null);
    assert.equal(scrollBy(blocks, first, 2, 2), null);
    assert.notEqual(scrollBy(blocks, first, 1, 2), null);
  });

  it('does not scroll where everything fits', () => {
    assert.equal(scrollBy(blocksOf(1, 1), null, -1, 5), null);
    assert.equal(scrollToFirst(blocksOf(1, 1), 5), null);
  });

  it('shows a block with what came after it in its lower third', () => {
    const blocks = blocksOf(...Array.from({length: 30}, () => 1));
    assert.deepEqual(rowsAt(blocks, scrollTo(blocks, 10, 9), 9).slice(-4), ['10.0', '11.0', '12.0', '13.0']);
    assert.equal(scrollTo(blocks, 29, 9), null);
  });

  it('shows a large block from its first row on', () => {
    const blocks = blocksOf(1, 7, 20, 1, 1, 1);
    assert.deepEqual(rowsAt(blocks, scrollTo(blocks, 1, 9), 9), [
      ...['1.0', '1.1', '1.2', '1.3', '1.4', '1.5', '1.6'],
      ...['2.0', '2.1'],
    ]);
    assert.equal(rowsAt(blocks, scrollTo(blocks, 2, 9), 9)[0], '2.0');
  });

  it('is where a list of all rows would have it, whatever is scrolled', () => {
    const random = createRandom(6);
    for (let round = 0; round < 200; round++) {
      const blocks = blocksOf(...Array.from({length: random.below(12)}, () => random.below(4)));
      const all = allRows(blocks);
      const height = 1 + random.below(6);
      const highest = Math.min(height, all.length);
      let place: Place | null = null;
      let bottom = all.length;
      for (let move = 0; move < 10; move++) {
        const rows = random.below(9) - 4;
        place = scrollBy(blocks, place, rows, height);
        bottom = Math.min(all.length, Math.max(highest, bottom + rows));
        assert.deepEqual(rowsAt(blocks, place, height), all.slice(Math.max(0, bottom - height), bottom));
      }
    }
  });
});
