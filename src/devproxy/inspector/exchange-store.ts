import {ExchangeRing, RING_BYTES} from './exchange-ring.js';
import type {ObservedExchange} from './observed-exchange.js';

/** For all apps together: eight of them may be as busy as it takes to fill a ring. */
const STORE_BYTES = 64 * 1024 * 1024;

/** The exchanges that are kept: a ring for each app, so that a busy one does not push out what is known of another. */
export class ExchangeStore {
  readonly #rings = new Map<string, ExchangeRing>();

  add(exchange: ObservedExchange): void {
    let ring = this.#rings.get(exchange.app);
    if (ring === undefined) {
      ring = new ExchangeRing();
      this.#rings.set(exchange.app, ring);
    }
    ring.add(exchange);
    this.#makeRoom();
  }

  /** One that is kept takes so many bytes more. */
  grow(exchange: ObservedExchange, bytes: number): void {
    this.#rings.get(exchange.app)?.grow(bytes);
    this.#makeRoom();
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

  /** Forgets those of an app. */
  forget(app: string): void {
    for (const exchange of this.#rings.get(app)?.list() ?? []) exchange.isKept = false;
    this.#rings.delete(app);
  }

  get apps(): readonly string[] {
    return [...this.#rings.keys()];
  }

  get bytes(): number {
    let bytes = 0;
    for (const ring of this.#rings.values()) bytes += ring.bytes;
    return bytes;
  }

  #makeRoom(): void {
    // Fewer rings than fit cannot be too much together.
    if (this.#rings.size * RING_BYTES <= STORE_BYTES) return;
    while (this.bytes > STORE_BYTES) this.#largest().dropOldest();
  }

  #largest(): ExchangeRing {
    return [...this.#rings.values()].reduce((one, other) => (other.bytes > one.bytes ? other : one));
  }
}
