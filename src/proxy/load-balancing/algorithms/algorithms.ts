import type {Algorithm} from './algorithm.js';
import {consistentHash} from './consistent-hash.js';
import {leastInFlight} from './least-in-flight.js';
import {powerOfTwo} from './power-of-two.js';
import {roundRobin} from './round-robin.js';

/** Every algorithm by the name it is chosen with. */
export const ALGORITHMS = {
  'least-in-flight': leastInFlight,
  'round-robin': roundRobin,
  'power-of-two': powerOfTwo,
  'consistent-hash': consistentHash,
} as const satisfies Record<string, Algorithm>;

export type AlgorithmName = keyof typeof ALGORITHMS;

/**
 * Least in flight: it needs no setting to do well with requests of unequal length, and gives a slow backend less.
 */
export const DEFAULT_ALGORITHM: AlgorithmName = 'least-in-flight';

/** Whether a word names an algorithm. */
export const isAlgorithmName = (name: string): name is AlgorithmName => Object.hasOwn(ALGORITHMS, name);
