import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import * as kinds from '../../src/proxy/field-kinds.js';

const {kindOfBytes, kindOfName} = kinds;

/** Every name the engine knows, and as what. */
const KNOWN: readonly (readonly [name: string, kind: number])[] = [
  ['Host', kinds.HOST],
  ['Connection', kinds.CONNECTION],
  ['Content-Length', kinds.CONTENT_LENGTH],
  ['Transfer-Encoding', kinds.TRANSFER_ENCODING],
  ['Upgrade', kinds.UPGRADE],
  ['TE', kinds.TE],
  ['Expect', kinds.EXPECT],
  ['Cookie', kinds.COOKIE],
  ['Date', kinds.DATE],
  ['Via', kinds.VIA],
  ...[
    'HTTP2-Settings',
    'Keep-Alive',
    'Proxy',
    'Proxy-Authenticate',
    'Proxy-Authorization',
    'Proxy-Connection',
    'Trailer',
  ].map(name => [name, kinds.HOP_BY_HOP] as const),
  ...['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Port', 'X-Forwarded-Proto'].map(
    name => [name, kinds.FORWARDED] as const,
  ),
  ...['X-Forwarded-Server', 'X-Real-IP', 'X-Tako-Internal-Token'].map(name => [name, kinds.FORWARDED] as const),
];

const TOKEN_CHARACTERS = [..."!#$%&'*+-.^`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"];

/** The kind of a name that stands between other bytes. */
function kindInBuffer(name: string): number {
  const bytes = Buffer.from(`\r\n${name}: x`, 'latin1');
  return kindOfBytes(bytes, 2, 2 + name.length);
}

describe('the kind of a field', () => {
  it.each(KNOWN)('%s is known in any case, from bytes and from text', (name, kind) => {
    for (const written of [name, name.toLowerCase(), name.toUpperCase(), swapEveryOther(name)]) {
      assert.equal(kindInBuffer(written), kind, written);
      assert.equal(kindOfName(written), kind, written);
    }
  });

  it.each(KNOWN)('%s is not what is nearly called so', name => {
    const known = new Set(KNOWN.map(([other]) => other.toLowerCase()));
    for (const near of nearMisses(name)) {
      if (known.has(near.toLowerCase())) continue;
      assert.equal(kindInBuffer(near), kinds.OTHER, near);
      assert.equal(kindOfName(near), kinds.OTHER, near);
    }
  });

  it('is an imitation where a name that is dropped upstream is spelt with underscores', () => {
    for (const name of ['Content_Length', 'transfer_encoding', 'X_Forwarded_For', 'x-forwarded_for', 'X_REAL_IP']) {
      assert.equal(kindOfName(name), kinds.IMITATION, name);
    }
  });

  it('is no imitation where the name means nothing, or what it means may come from a client', () => {
    for (const name of ['X_Mine', '_', 'content_length_', 'Content__Length', 'User_Agent', 'X_Forwarded']) {
      assert.equal(kindOfName(name), kinds.OTHER, name);
    }
  });

  it('is the same from bytes and from text for names of one, two and three characters', () => {
    for (const first of TOKEN_CHARACTERS) {
      assert.equal(kindInBuffer(first), kindOfName(first), first);
      for (const second of TOKEN_CHARACTERS) {
        assert.equal(kindInBuffer(first + second), kindOfName(first + second), first + second);
        assert.equal(kindInBuffer(`${first}i${second}`), kindOfName(`${first}i${second}`), `${first}i${second}`);
      }
    }
  });

  it('is nothing of what every object has', () => {
    for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
      assert.equal(kindOfName(name), kinds.OTHER);
      assert.equal(kindInBuffer(name), kinds.OTHER);
    }
  });
});

describe('sets of kinds', () => {
  it('leave out what ends at us in every direction', () => {
    for (const set of [kinds.NOT_UPSTREAM, kinds.NOT_DOWNSTREAM, kinds.NOT_IN_TRAILERS]) {
      for (const kind of [kinds.CONNECTION, kinds.TRANSFER_ENCODING, kinds.UPGRADE, kinds.TE, kinds.HOP_BY_HOP]) {
        assert.equal(set[kind], 1);
      }
      assert.equal(set[kinds.CONTENT_LENGTH], 1);
      assert.equal(set[kinds.DELETED], 1);
      assert.equal(set[kinds.OTHER], 0);
    }
  });

  it('leave out what a client says about itself, and what looks like it, upstream', () => {
    for (const kind of [kinds.FORWARDED, kinds.IMITATION, kinds.HOST, kinds.VIA]) {
      assert.equal(kinds.NOT_UPSTREAM[kind], 1);
    }
    assert.equal(kinds.NOT_UPSTREAM[kinds.COOKIE], 0);
    assert.equal(kinds.NOT_DOWNSTREAM[kinds.VIA], 0);
  });

  it('keep what agrees on a protocol in an answer of 101', () => {
    assert.equal(kinds.NOT_IN_UPGRADE[kinds.CONNECTION], 0);
    assert.equal(kinds.NOT_IN_UPGRADE[kinds.UPGRADE], 0);
    assert.equal(kinds.NOT_IN_UPGRADE[kinds.TRANSFER_ENCODING], 1);
    assert.equal(kinds.NOT_IN_UPGRADE[kinds.CONTENT_LENGTH], 1);
  });
});

const swapEveryOther = (name: string): string =>
  [...name].map((character, index) => (index % 2 === 0 ? character.toLowerCase() : character.toUpperCase())).join('');

/** Every name with one character more, less, or another one. */
function* nearMisses(name: string): Generator<string> {
  for (let index = 0; index <= name.length; index++) {
    yield name.slice(0, index) + name.slice(index + 1);
    for (const character of TOKEN_CHARACTERS) {
      yield name.slice(0, index) + character + name.slice(index);
      if (character.toLowerCase() !== name[index]?.toLowerCase())
        yield name.slice(0, index) + character + name.slice(index + 1);
    }
  }
}
