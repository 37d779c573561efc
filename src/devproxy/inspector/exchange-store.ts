import {ExchangeRing} from './exchange-ring.js';
import type {ObservedExchange} from './observed-exchange.js';

/** For all apps together: as much as eight of them take that are as busy as can be. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The exchanges that are kept: a ring for each app, so that a busy one does not push out what is known of another. */
export class ExchangeStore {
  readonly #rings = new Set<ExchangeRing>();
  #bytes = 0;

  /** A ring for one more app. */
  open(): ExchangeRing {
    const ring = new ExchangeRing(bytes => this.#take(bytes));
    this.#rings.add(ring);
    return ring;
  }

  /** Forgets what is in a ring, and the ring. */
  close(ring: ExchangeRing): void {
    ring.close();
    this.#rings.delete(ring);
  }

  /** Those of all apps, in their order. */
  list(): ObservedExchange[] {
    return [...this.#rings].flatMap(ring => ring.list()).sort((one, other) => one.id - other.id);
  }

  find(id: number): ObservedExchange | undefined {
    for (const ring of this.#rings) {
      const found = ring.find(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > MAX_BYTES) this.#largest().dropOldest();
  }

  #largest(): ExchangeRing {
    return [...this.#rings].reduce((one, other) => (other.bytes > one.bytes ? other : one));
  }
}
