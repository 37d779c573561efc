import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createHashRing, findPoint} from '../../../src/proxy/load-balancing/algorithms/hash-ring.js';

const BACKENDS = [
  {address: '127.0.0.1:38121', weight: 1},
  {address: '127.0.0.1:38122', weight: 3},
  {address: '[::1]:38123', weight: 2},
];

/** Where nginx 1.22.1 sent these keys with `hash $arg_key consistent` over the same servers and weights. */
const NGINX: readonly (readonly [key: string, port: number])[] = [
  ['user-0', 38121],
  ['user-1', 38123],
  ['user-2', 38123],
  ['user-3', 38122],
  ['user-4', 38122],
  ['user-5', 38121],
  ['user-6', 38122],
  ['user-7', 38122],
];

describe('the hash ring', () => {
  const ring = createHashRing(BACKENDS);

  it('gives each backend 160 points per unit of weight, in ascending order', () => {
    const counts = BACKENDS.map((_, index) => ring.owners.filter(owner => owner === index).length);
    assert.deepEqual(counts, [160, 480, 320]);
    assert.deepEqual(ring.points, ring.points.toSorted());
  });

  it.each(NGINX)('gives the key %s to the backend nginx gives it to', (key, port) => {
    const backend = BACKENDS[ring.owners[findPoint(ring, key)] ?? -1];
    assert.ok(backend?.address.endsWith(`:${port}`), `${backend?.address} instead of port ${port}`);
  });

  it('begins anew behind the last point', () => {
    const alone = {points: Uint32Array.of(5, 10), owners: Uint32Array.of(1, 0)};
    assert.equal(findPoint(alone, 'a key whose hash is above ten'), 0);
  });

  it('finds a point that the hash hits exactly', () => {
    // The CRC-32 of the empty text is 0.
    const exact = {points: Uint32Array.of(0, 1, 2), owners: Uint32Array.of(0, 1, 2)};
    assert.equal(findPoint(exact, ''), 0);
  });

  it('is empty without backends', () => {
    assert.equal(createHashRing([]).points.length, 0);
  });
});
