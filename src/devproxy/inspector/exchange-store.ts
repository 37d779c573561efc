import {ExchangeRing} from './exchange-ring.js';
import type {ObservedExchange} from './observed-exchange.js';

/** For all apps together: as much as eight of them take that are as busy as can be. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The exchanges that are kept: a ring for each app, so that a busy one does not push out what is known of another. */
export class ExchangeStore {
  readonly #rings = new Map<string, ExchangeRing>();
  #bytes = 0;

  add(exchange: ObservedExchange): void {
    let ring = this.#rings.get(exchange.app);
    if (ring === undefined) {
      ring = new ExchangeRing();
      this.#rings.set(exchange.app, ring);
    }
    this.#take(ring.add(exchange));
  }

  /** One that is kept takes so many bytes more. */
  grow(exchange: ObservedExchange, bytes: number): void {
    this.#take(this.#rings.get(exchange.app)?.grow(bytes) ?? 0);
  }

  /** Those of one app or of all, in their order. */
  list(app?: string): ObservedExchange[] {
    if (app !== undefined) return this.#rings.get(app)?.list() ?? [];
    return [...this.#rings.values()].flatMap(ring => ring.list()).sort((one, other) => one.id - other.id);
  }

  find(id: number): ObservedExchange | undefined {
    for (const ring of this.#rings.values()) {
      const found = ring.find(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Forgets those of all apps but these. */
  retain(apps: ReadonlySet<string>): void {
    for (const [app, ring] of this.#rings) {
      if (apps.has(app)) continue;
      for (const exchange of ring.list()) exchange.isKept = false;
      this.#bytes -= ring.bytes;
      this.#rings.delete(app);
    }
  }

  #take(bytes: number): void {
    this.#bytes += bytes;
    while (this.#bytes > MAX_BYTES) this.#bytes -= this.#largest().dropOldest();
  }

  #largest(): ExchangeRing {
    return [...this.#rings.values()].reduce((one, other) => (other.bytes > one.bytes ? other : one));
  }
}
