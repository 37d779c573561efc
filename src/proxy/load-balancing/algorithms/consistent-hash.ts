import type {Availability, Backend} from '../backend.js';
import {type Algorithm, type Candidate, isCandidate} from './algorithm.js';
import {createHashRing, findPoint, type HashRing} from './hash-ring.js';
import {leastInFlight} from './least-in-flight.js';

/**
 * The same key goes to the same backend for as long as that is available, and then to the next one on the ring; the keys
 * of the others stay where they are. A request without a key goes to the least busy backend. Slow start does not apply,
 * as in Envoy's ring hash: it would send keys away from the backend that holds what belongs to them.
 */
export const consistentHash: Algorithm = {
  summary: 'the same one for the same key (sticky)',
  prepare: (backends, random) => {
    const ring = createHashRing(backends);
    const selectWithoutKey = leastInFlight.prepare(backends, random);
    return (availability, tried, key) => {
      if (key === undefined) return selectWithoutKey(availability, tried, key);
      return walk(backends, ring, availability, tried, findPoint(ring, key));
    };
  },
};

/** The owner of the first point from `start` on, once around, that may be chosen. */
function walk(
  backends: readonly Candidate[],
  {owners}: HashRing,
  availability: Availability,
  tried: readonly Backend[],
  start: number,
): Candidate | undefined {
  for (let step = 0; step < owners.length; step++) {
    const owner = owners[(start + step) % owners.length] ?? 0;
    const backend = backends[owner];
    if (backend !== undefined && isCandidate(backend, availability, tried)) return backend;
  }
  return undefined;
}
