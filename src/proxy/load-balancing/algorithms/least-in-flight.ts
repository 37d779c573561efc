import type {Availability, Backend} from '../backend.js';
import {type Algorithm, type Candidate, isCandidate, loadOf} from './algorithm.js';
import {takeTurn} from './take-turn.js';

/**
 * The backend with the fewest requests in flight for its weight. Among equals, so above all when there is little to do,
 * each in turn by weight, as in nginx's least_conn: a fixed order would send every lone request to the same one.
 */
export const leastInFlight: Algorithm = {
  summary: 'the one with the fewest requests in flight for its weight',
  prepare: backends => (availability, tried) =>
    takeTurn(backends, availability, tried, lowestLoad(backends, availability, tried)),
};

function lowestLoad(backends: readonly Candidate[], availability: Availability, tried: readonly Backend[]): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (const backend of backends) {
    if (isCandidate(backend, availability, tried)) lowest = Math.min(lowest, loadOf(backend));
  }
  return lowest;
}
