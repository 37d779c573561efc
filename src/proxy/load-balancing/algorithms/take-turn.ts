// Smooth weighted round robin, as nginx does it (ngx_http_upstream_round_robin.c, commit 52327e0, 2012): each time every
// candidate gains its weight, the one that has most is chosen and pays what all gained together. Weights of 5, 1 and 1
// give a a b a c a a: nobody is chosen five times in a row and then not at all.

import type {Availability, Backend} from '../backend.js';
import {type Candidate, isCandidate, loadOf} from './algorithm.js';

/** The next in the rotation among the candidates that are not busier than `maxLoad`; of equals the first. */
export function takeTurn(
  backends: readonly Candidate[],
  availability: Availability,
  tried: readonly Backend[],
  maxLoad: number,
): Candidate | undefined {
  let next: Candidate | undefined;
  let gained = 0;
  for (const backend of backends) {
    if (!isCandidate(backend, availability, tried) || loadOf(backend) > maxLoad) continue;
    gained += backend.effectiveWeight;
    backend.turn += backend.effectiveWeight;
    if (next === undefined || backend.turn > next.turn) next = backend;
  }
  if (next !== undefined) next.turn -= gained;
  return next;
}
