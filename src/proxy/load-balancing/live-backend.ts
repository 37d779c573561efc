import {isDeepStrictEqual} from 'node:util';
import type {Upstream} from '../upstream.js';
import type {Candidate} from './algorithms/algorithm.js';
import {
  type Availability,
  type Backend,
  type BackendSpec,
  type BackendState,
  type BackendStatus,
  backendAddress,
  weightOf,
} from './backend.js';
import {availabilityOf, type Condition, type ConditionSettings, stateOf, weightNow} from './condition.js';

/**
 * A backend of one balancer. What choosing reads on every request stands in plain fields, worked out anew whenever the
 * condition or the weight changes.
 */
export class LiveBackend implements Candidate {
  readonly address: string;
  upstream: Upstream;
  weight: number;
  effectiveWeight: number;
  availability: Availability;
  condition: Condition;
  inFlight = 0;
  turn = 0;
  problem: string | undefined = undefined;

  constructor(spec: BackendSpec, condition: Condition) {
    this.address = backendAddress(spec.upstream);
    this.upstream = spec.upstream;
    this.weight = weightOf(spec);
    this.effectiveWeight = this.weight;
    this.condition = condition;
    this.availability = availabilityOf(condition);
  }

  get state(): BackendState {
    return stateOf(this.condition);
  }

  /** Takes over what a new list says. The upstream stays the same object unless it differs, as pools may know it by that. */
  describe(spec: BackendSpec): void {
    if (!isDeepStrictEqual(this.upstream, spec.upstream)) this.upstream = spec.upstream;
    this.weight = weightOf(spec);
  }

  enter(condition: Condition, now: number, settings: ConditionSettings): void {
    this.condition = condition;
    this.availability = availabilityOf(condition);
    this.effectiveWeight = weightNow(condition, this.weight, now, settings);
  }

  status(): BackendStatus {
    const {address, state, inFlight, weight, problem} = this;
    return {address, state, inFlight, weight, problem};
  }
}

/** One request or tunnel in flight, from `acquire` until its first `release`. */
export class Lease {
  readonly backend: Backend;
  readonly #live: LiveBackend;
  #isHeld = true;

  constructor(live: LiveBackend) {
    this.backend = live;
    this.#live = live;
    live.inFlight += 1;
  }

  /** Gives the place back. Only the first call counts, so that every way a request can end may call it. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#live.inFlight -= 1;
  }
}
