import type {UpstreamStream} from './upstream.js';

/**
 * The stream of an answer that is made here: to its request it is a connection to an upstream, which is paused, resumed and
 * given up like one. What the request sends goes nowhere.
 */
export abstract class LocalStream implements UpstreamStream {
  readonly isReused = false;
  /** The request is over, or has been given up. */
  protected isOver = false;
  protected isPaused = false;
  #wakes: (() => void)[] = [];

  /** Resolves when the client takes more, or when the request is over. */
  async drained(): Promise<void> {
    while (this.isPaused && !this.isOver) await new Promise<void>(resolve => this.#wakes.push(resolve));
  }

  abstract sendHead(...given: Parameters<UpstreamStream['sendHead']>): void;

  /** A GET may have a body too, and nobody wants to know what is in it. */
  sendBody(): boolean {
    return true;
  }

  sendEnd(): void {}

  flush(): void {}

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    this.#wake();
  }

  abort(): void {
    this.isOver = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
