import type {ObservedExchange} from './observed-exchange.js';

/** A page of a dev server without bundling asks for some hundred modules. */
const MAX_EXCHANGES = 500;
/** Twenty-five exchanges with as much of both bodies as is ever kept, and thousands of the usual size. */
const MAX_BYTES = 8 * 1024 * 1024;

/** The last exchanges of one app, those under way included. */
export class ExchangeRing {
  #bytes = 0;
  readonly #items: (ObservedExchange | undefined)[] = [];
  #first = 0;
  #count = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Makes room where it is needed, and takes it. Ids grow. Returns how many bytes more it has now. */
  add(exchange: ObservedExchange): number {
    const freed = this.#count === MAX_EXCHANGES ? this.dropOldest() : 0;
    this.#items[(this.#first + this.#count) % MAX_EXCHANGES] = exchange;
    this.#count += 1;
    return this.grow(exchange.bytes) - freed;
  }

  /** One that it has takes so many bytes more. Returns how many bytes more it has now: fewer, where others went. */
  grow(bytes: number): number {
    const before = this.#bytes;
    this.#bytes += bytes;
    while (this.#bytes > MAX_BYTES) this.dropOldest();
    return this.#bytes - before;
  }

  /** Returns how many bytes that makes free. */
  dropOldest(): number {
    const oldest = this.#items[this.#first];
    if (oldest === undefined) return 0;
    this.#items[this.#first] = undefined;
    this.#first = (this.#first + 1) % MAX_EXCHANGES;
    this.#count -= 1;
    this.#bytes -= oldest.bytes;
    oldest.isKept = false;
    return oldest.bytes;
  }

  /** Oldest first. */
  list(): ObservedExchange[] {
    return Array.from({length: this.#count}, (_, index) => this.#at(index));
  }

  find(id: number): ObservedExchange | undefined {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#at(middle).id < id) low = middle + 1;
      else high = middle;
    }
    const found = low < this.#count ? this.#at(low) : undefined;
    return found?.id === id ? found : undefined;
  }

  #at(index: number): ObservedExchange {
    return this.#items[(this.#first + index) % MAX_EXCHANGES] as ObservedExchange;
  }
}
