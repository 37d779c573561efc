import assert from 'node:assert/strict';
import {bytesOf, type Reading, readRefused} from './read-messages.js';

/** Above it only the ends are cut behind every byte: the middle is the same byte over and over. */
const MAX_CUT_EVERYWHERE = 2_000;

/** Reads a text whole, and checks that it is the same in two pieces, however cut, and byte by byte. */
export function readEveryWay(text: string, read: (pieces: readonly Buffer[]) => Reading): Reading {
  const bytes = bytesOf(text);
  const whole = read([bytes]);
  const readPieces = (pieces: readonly Buffer[]): Reading =>
    whole.outcome === 'refused' ? readRefused(read, pieces) : read(pieces);
  for (let cut = 1; cut < bytes.length; cut++) {
    if (cut > MAX_CUT_EVERYWHERE / 2 && cut < bytes.length - MAX_CUT_EVERYWHERE / 2) continue;
    assert.deepEqual(readPieces([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut behind byte ${cut}`);
  }
  assert.deepEqual(readPieces([...bytes].map(byte => Buffer.of(byte))), whole, 'byte by byte');
  return whole;
}
