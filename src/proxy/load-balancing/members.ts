import type {Clock} from '../../system/clock.js';
import {type BackendChange, type BackendSpec, backendAddress, weightOf} from './backend.js';
import {type Condition, type ConditionSettings, firstCondition, nextChangeAt, settled} from './condition.js';
import type {Health} from './health.js';
import {LiveBackend} from './live-backend.js';

export type MembersOptions = {
  readonly initialHealth: Health['state'];
  readonly settings: ConditionSettings;
  readonly clock: Clock;
  readonly onChange: (change: BackendChange) => void;
};

/** The backends of one balancer. Every change of one goes through here, so that what is known of all stays right. */
export class Members {
  /** Replaced as a whole, never changed. */
  list: readonly LiveBackend[] = [];
  hasAvailable = false;
  hasEjected = false;
  /** Before this time no backend changes by itself; Infinity when none will. */
  nextChangeAt = Number.POSITIVE_INFINITY;
  readonly #options: MembersOptions;

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  /** Tells of no change. Throws a RangeError for a bad weight before anything has changed. */
  replace(specs: readonly BackendSpec[]): void {
    for (const spec of specs) weightOf(spec);
    const {initialHealth, settings, clock} = this.#options;
    const now = clock.now();
    const present = new Map(this.list.map(backend => [backend.address, backend]));
    const first = firstCondition(initialHealth, this.list.length > 0 ? now : undefined);
    this.list = firstOfEach(specs).map(spec => {
      const backend =
        present.get(backendAddress(spec.upstream)) ?? new LiveBackend(spec, settled(first, now, settings));
      backend.describe(spec);
      return backend;
    });
    for (const backend of this.list) backend.enter(backend.condition, now, settings);
    this.#recount(now);
  }

  find(address: string): LiveBackend | undefined {
    return this.list.find(backend => backend.address === address);
  }

  countEjected(): number {
    return this.list.filter(({condition}) => condition.standing.state === 'ejected').length;
  }

  /** Brings a backend into a condition, as that has become by now, and tells of it when that has another name. */
  enter(backend: LiveBackend, condition: Condition): void {
    const {clock, settings, onChange} = this.#options;
    const now = clock.now();
    const previous = backend.state;
    backend.enter(settled(condition, now, settings), now, settings);
    this.#recount(now);
    const {address, state, problem} = backend;
    if (state !== previous) onChange({address, state, previous, problem});
  }

  /** Applies what time alone has changed. */
  settle(): void {
    if (this.#options.clock.now() < this.nextChangeAt) return;
    for (const backend of this.list) this.enter(backend, backend.condition);
  }

  #recount(now: number): void {
    const {settings} = this.#options;
    this.hasAvailable = this.list.some(({availability}) => availability === 'available');
    this.hasEjected = this.list.some(({availability}) => availability === 'ejected');
    this.nextChangeAt = Math.min(...this.list.map(({condition}) => nextChangeAt(condition, now, settings)));
  }
}

function firstOfEach(specs: readonly BackendSpec[]): readonly BackendSpec[] {
  const byAddress = new Map<string, BackendSpec>();
  for (const spec of specs) {
    const address = backendAddress(spec.upstream);
    if (!byAddress.has(address)) byAddress.set(address, spec);
  }
  return [...byAddress.values()];
}
