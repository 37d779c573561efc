import assert from 'node:assert/strict';
import {bytesOf, type Reading, readRefused} from './read-messages.js';

/** Longer ones are cut near their ends only: the middle is the same byte over and over. */
const MAX_CUT_EVERYWHERE = 1_000;
const CUT_AT_ENDS = 40;

/** Reads a text whole, and checks that it is the same in two pieces, however cut, and byte by byte. */
export function readEveryWay(text: string, read: (pieces: readonly Buffer[]) => Reading): Reading {
  const bytes = bytesOf(text);
  const whole = read([bytes]);
  const readPieces = (pieces: readonly Buffer[]): Reading =>
    whole.outcome === 'refused' ? readRefused(read, pieces) : read(pieces);
  for (let cut = 1; cut < bytes.length; cut++) {
    const isAtEnd = cut < CUT_AT_ENDS || cut > bytes.length - CUT_AT_ENDS;
    if (bytes.length > MAX_CUT_EVERYWHERE && !isAtEnd) continue;
    assertSame(readPieces([bytes.subarray(0, cut), bytes.subarray(cut)]), whole, `cut behind byte ${cut}`);
  }
  assertSame(readPieces([...bytes].map(byte => Buffer.of(byte))), whole, 'byte by byte');
  return whole;
}

/** As deepEqual, which takes its time over long texts that are the same. */
function assertSame(reading: Reading, whole: Reading, how: string): void {
  if (JSON.stringify(reading) !== JSON.stringify(whole)) assert.deepEqual(reading, whole, how);
}
