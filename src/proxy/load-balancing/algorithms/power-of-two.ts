// Two choices at random, and the less busy one of them (Mitzenmacher, "The Power of Two Choices in Randomized Load
// Balancing", 1996). Where many proxies or workers each count only their own requests, the least busy one by that count
// is easily the same for all of them; chance keeps them from running to it together.

import type {Availability, Backend} from '../backend.js';
import {type Algorithm, type Candidate, isCandidate, loadOf} from './algorithm.js';

/** The less busy of two backends drawn at random by weight; of equals the one drawn first. */
export const powerOfTwo: Algorithm = {
  summary: 'the less busy of two chosen at random by weight',
  prepare: (backends, random) => (availability, tried) => {
    const first = draw(backends, availability, tried, undefined, random);
    const second = draw(backends, availability, tried, first, random);
    if (first === undefined || second === undefined) return first;
    return loadOf(second) < loadOf(first) ? second : first;
  },
};

/** One candidate other than `drawn`, each with the chance its weight gives it. */
function draw(
  backends: readonly Candidate[],
  availability: Availability,
  tried: readonly Backend[],
  drawn: Candidate | undefined,
  random: () => number,
): Candidate | undefined {
  let total = 0;
  for (const backend of backends) {
    if (backend !== drawn && isCandidate(backend, availability, tried)) total += backend.effectiveWeight;
  }
  let left = random() * total;
  let last: Candidate | undefined;
  for (const backend of backends) {
    if (backend === drawn || !isCandidate(backend, availability, tried)) continue;
    last = backend;
    left -= backend.effectiveWeight;
    if (left < 0) break;
  }
  return last;
}
