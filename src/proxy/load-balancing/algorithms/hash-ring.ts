// The ring of a consistent hash: every backend owns many points on a circle of 32 bits, and a key belongs to the first
// point at or after its own hash. A backend that comes or goes takes or leaves only the arcs before its points.
//
// Points and hash are those of nginx's `hash ... consistent` (ngx_http_upstream_hash_module.c), which follows Last.fm's
// libketama and Perl's Cache::Memcached::Fast, so that a key stays with its backend when one proxy takes the place of
// the other: 160 points per unit of weight, each the CRC-32 of host, NUL, port and the point before.

import {crc32} from 'node:zlib';
import type {Backend} from '../backend.js';

/** As in ketama; Pingora's and nginx's number. The more, the more even: shares differ by about 8 % (1 / sqrt(160)). */
export const POINTS_PER_WEIGHT = 160;

/** Points in ascending order without duplicates; `owners[i]` is the index of the backend that `points[i]` belongs to. */
export type HashRing = {readonly points: Uint32Array; readonly owners: Uint32Array};

/** Builds the ring from addresses and full weights: what a backend is doing at the moment moves no points. */
export function createHashRing(backends: readonly Pick<Backend, 'address' | 'weight'>[]): HashRing {
  const points = backends
    .flatMap(({address, weight}, owner) => pointsOf(address, weight).map(point => ({point, owner})))
    .sort((a, b) => a.point - b.point || a.owner - b.owner)
    .filter(({point}, index, all) => point !== all[index - 1]?.point);
  return {
    points: Uint32Array.from(points, ({point}) => point),
    owners: Uint32Array.from(points, ({owner}) => owner),
  };
}

/** Where on the ring a key begins to look: the index of the first point at or after its hash; 0 behind the last one. */
export function findPoint({points}: HashRing, key: string): number {
  const hash = crc32(key);
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((points[middle] ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return low === points.length ? 0 : low;
}

function pointsOf(address: string, weight: number): number[] {
  const colon = address.lastIndexOf(':');
  const base = crc32(`${address.slice(0, colon)}\0${address.slice(colon + 1)}`);
  const previous = Buffer.alloc(4);
  return Array.from({length: weight * POINTS_PER_WEIGHT}, () => {
    const point = crc32(previous, base);
    previous.writeUInt32LE(point);
    return point;
  });
}
