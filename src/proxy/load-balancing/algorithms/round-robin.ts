import type {Algorithm} from './algorithm.js';
import {takeTurn} from './take-turn.js';

/** Each in turn, heavier ones more often, evenly spaced. */
export const roundRobin: Algorithm = {
  summary: 'each in turn, by weight',
  prepare: backends => (availability, tried) => takeTurn(backends, availability, tried, Number.POSITIVE_INFINITY),
};
