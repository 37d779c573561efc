import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  bitString,
  children,
  contents,
  decode,
  encode,
  integer,
  isObjectId,
  objectId,
  octetString,
  sequence,
  time,
} from '../../src/x509/der.js';

const UTC_TIME = 0x17;
const GENERALIZED_TIME = 0x18;

describe('DER', () => {
  it('writes times through 2049 with two digits of the year', () => {
    const bytes = encode(time(Date.UTC(2049, 11, 31, 23, 59, 59, 999)));
    assert.equal(bytes[0], UTC_TIME);
    assert.equal(bytes.subarray(2).toString(), '491231235959Z');
  });

  it('writes times from 2050 with four digits of the year', () => {
    const bytes = encode(time(Date.UTC(2050, 0, 1)));
    assert.equal(bytes[0], GENERALIZED_TIME);
    assert.equal(bytes.subarray(2).toString(), '20500101000000Z');
  });

  it('reads back what it wrote', () => {
    const value = decode(encode(sequence(objectId('2.5.29.30'), integer(2), octetString(Buffer.from([1, 2, 3])))));
    const [id, version, bytes] = children(value);
    assert.ok(isObjectId(id, '2.5.29.30'));
    assert.ok(!isObjectId(id, '2.5.29.31'));
    assert.deepEqual(contents(version), Buffer.from([2]));
    assert.deepEqual(contents(bytes), Buffer.from([1, 2, 3]));
  });

  it('leaves the bytes of a BIT STRING alone even when they happen to be DER', () => {
    const looksLikeDer = Buffer.from([0x04, 0x01, 0xff]);
    assert.deepEqual(contents(decode(encode(bitString(looksLikeDer)))), Buffer.from([0, ...looksLikeDer]));
  });

  it('finds no values and no bytes where there are none', () => {
    assert.deepEqual(children(integer(1)), []);
    assert.deepEqual(contents(sequence(integer(1))), Buffer.alloc(0));
    assert.deepEqual(contents(undefined), Buffer.alloc(0));
  });

  it('refuses bytes that are cut off or have something behind them', () => {
    const bytes = encode(sequence(integer(1), integer(2)));
    assert.throws(() => decode(bytes.subarray(0, -1)));
    assert.throws(() => decode(Buffer.concat([bytes, Buffer.from([0])])));
  });
});
