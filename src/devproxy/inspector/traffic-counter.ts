import type {Traffic} from '../../control/exchanges.js';
import {BUCKETS, bucketOf, quantileOf} from './duration-histogram.js';

/** Requests are counted by the second, and said over ten of them and what there is of the present one. */
const RATE_SECONDS = 10;
/** Durations are counted by ten seconds: six parts and what there is of the present one are the last minute. */
const PART_SECONDS = 10;
const PARTS = 7;
const P95 = 0.95;

/** What one app is asked for: numbers in fixed places, so that a request costs a few additions. */
export class TrafficCounter {
  #requests = 0;
  #errors = 0;
  readonly #began = new Slots(RATE_SECONDS + 1, 1);
  readonly #durations = new Slots(PARTS, BUCKETS);

  /** A request began, at `now` in milliseconds. Returns how many have in this second. */
  begin(now: number): number {
    this.#requests += 1;
    return this.#began.add(Math.floor(now / 1_000), 0);
  }

  fail(): void {
    this.#errors += 1;
  }

  /** An answer is complete that began so many milliseconds ago. */
  complete(now: number, ms: number): void {
    this.#durations.add(Math.floor(now / (PART_SECONDS * 1_000)), bucketOf(ms));
  }

  at(now: number): Traffic {
    const second = now / 1_000;
    const [began = 0] = this.#began.sums(Math.floor(second));
    const p95 = quantileOf(this.#durations.sums(Math.floor(second / PART_SECONDS)), P95);
    return {
      requestsPerSecond: rounded(began / (RATE_SECONDS + (second % 1)), 10),
      p95Ms: p95 === undefined ? null : rounded(p95, 100),
      errors: this.#errors,
      requests: this.#requests,
    };
  }
}

/** Rows of counters for the last few stretches of time, the oldest used again for the newest. */
class Slots {
  readonly #counts: Uint32Array;
  readonly #times: Float64Array;
  readonly #width: number;

  constructor(count: number, width: number) {
    this.#counts = new Uint32Array(count * width);
    this.#times = new Float64Array(count).fill(-1);
    this.#width = width;
  }

  /** Counts in one column of the stretch with that number; returns what it is then. */
  add(time: number, column: number): number {
    const slot = time % this.#times.length;
    const start = slot * this.#width;
    if (this.#times[slot] !== time) {
      this.#times[slot] = time;
      this.#counts.fill(0, start, start + this.#width);
    }
    return ++(this.#counts[start + column] as number);
  }

  /** Each column over the stretches that are not older than there are slots. */
  sums(time: number): Float64Array {
    const sums = new Float64Array(this.#width);
    for (const [slot, at] of this.#times.entries()) {
      if (at <= time - this.#times.length) continue;
      for (let column = 0; column < this.#width; column++) {
        sums[column] = (sums[column] as number) + (this.#counts[slot * this.#width + column] as number);
      }
    }
    return sums;
  }
}

const rounded = (value: number, parts: number): number => Math.round(value * parts) / parts;
