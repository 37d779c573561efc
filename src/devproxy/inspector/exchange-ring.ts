import type {ExchangeKeeper, ObservedExchange} from './observed-exchange.js';

/** A page of a dev server without bundling asks for some hundred modules. */
const MAX_EXCHANGES = 500;
/** Twenty-five exchanges with as much of both bodies as is ever kept, and thousands of the usual size. */
const MAX_BYTES = 8 * 1024 * 1024;

/** The last exchanges of one app, those under way included. */
export class ExchangeRing implements ExchangeKeeper {
  #bytes = 0;
  readonly #onGrowth: (bytes: number) => void;
  readonly #items: (ObservedExchange | undefined)[] = [];
  #isClosed = false;
  #first = 0;
  #count = 0;

  /** `onGrowth` is told how many bytes more it has; fewer, where some had to make room. */
  constructor(onGrowth: (bytes: number) => void) {
    this.#onGrowth = onGrowth;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Its app may be gone by now: then it is dropped. */
  keep(exchange: ObservedExchange): void {
    if (this.#isClosed) exchange.drop();
    else this.add(exchange);
  }

  /** Makes room where it is needed, and takes it. */
  add(exchange: ObservedExchange): void {
    if (this.#count === MAX_EXCHANGES) this.dropOldest();
    this.#items[(this.#first + this.#count) % MAX_EXCHANGES] = exchange;
    this.#count += 1;
    this.grow(exchange.bytes);
  }

  grow(bytes: number): void {
    this.#bytes += bytes;
    this.#onGrowth(bytes);
    while (this.#bytes > MAX_BYTES) this.dropOldest();
  }

  dropOldest(): void {
    const oldest = this.#items[this.#first];
    if (oldest === undefined) return;
    this.#items[this.#first] = undefined;
    this.#first = (this.#first + 1) % MAX_EXCHANGES;
    this.#count -= 1;
    this.#bytes -= oldest.bytes;
    this.#onGrowth(-oldest.bytes);
    oldest.drop();
  }

  /** Forgets all, and takes nothing any more. */
  close(): void {
    this.#isClosed = true;
    while (this.#count > 0) this.dropOldest();
  }

  /** Oldest first. */
  list(): ObservedExchange[] {
    const kept = Array.from({length: this.#count}, (_, index) => this.#at(index));
    return kept.sort((one, other) => one.id - other.id);
  }

  find(id: number): ObservedExchange | undefined {
    return this.list().find(exchange => exchange.id === id);
  }

  #at(index: number): ObservedExchange {
    return this.#items[(this.#first + index) % MAX_EXCHANGES] as ObservedExchange;
  }
}
