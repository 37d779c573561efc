// What there is to know of an app at a glance, the most telling first to stay when there is little room.

import type {AppStatus} from '../control/events.js';
import {describeDependents} from './describe.js';
import {formatBytes, formatCount, formatDuration, formatLatency} from './format.js';

export type Figure = {
  /** Empty where there is none. */
  readonly text: (status: AppStatus, now: number) => string;
  readonly paint: 'dim' | 'red' | 'yellow';
  /** Those with a higher rank are the first to go. */
  readonly rank: number;
};

/** In the order in which they are shown. */
export const FIGURES: readonly Figure[] = [
  {text: status => describeDependents(status).join(''), paint: 'dim', rank: 7},
  {text: ({traffic}) => (traffic?.requests ? formatRate(traffic.requestsPerSecond) : ''), paint: 'dim', rank: 1},
  {
    text: ({traffic}) => (traffic?.p95Ms == null ? '' : `p95 ${formatLatency(traffic.p95Ms)}`),
    paint: 'dim',
    rank: 2,
  },
  {text: ({traffic}) => (traffic?.errors ? counted(traffic.errors, 'error') : ''), paint: 'red', rank: 0},
  {text: ({memoryBytes}) => (memoryBytes === null ? '' : formatBytes(memoryBytes)), paint: 'dim', rank: 3},
  {text: ({restarts}) => (restarts ? counted(restarts, 'restart') : ''), paint: 'yellow', rank: 4},
  {
    text: ({startedAt}, now) => (startedAt === null ? '' : `up ${formatDuration(now - startedAt)}`),
    paint: 'dim',
    rank: 5,
  },
  {text: ({pid}) => (pid === null ? '' : `pid ${pid}`), paint: 'dim', rank: 6},
];

const counted = (count: number, one: string): string => `${formatCount(count)} ${one}${count === 1 ? '' : 's'}`;

/** `3.4 req/s`, `120 req/s`. */
const formatRate = (perSecond: number): string =>
  `${perSecond > 0 && perSecond < 9.95 ? perSecond.toFixed(1) : formatCount(Math.round(perSecond))} req/s`;
