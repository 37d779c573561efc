import type {UpstreamReceiver, UpstreamStream} from './upstream.js';

/** An answer that is made here, piece by piece. */
export type AnswerWriter = {
  /** False when the client does not keep up. Does nothing when the request is over. */
  write(piece: string | Buffer): boolean;
  /** Resolves when the client takes more, or when the request is over. */
  drained(): Promise<void>;
  /** The answer is complete. */
  end(): void;
};

/** To its request it is a connection to an upstream, which is paused, resumed and given up like one. */
export class WrittenAnswer implements AnswerWriter, UpstreamStream {
  readonly isReused = false;
  readonly #receiver: Pick<UpstreamReceiver, 'onData' | 'onPause' | 'onEnd'>;
  #isPaused = false;
  #isOver = false;
  #wakes: (() => void)[] = [];

  constructor(receiver: Pick<UpstreamReceiver, 'onData' | 'onPause' | 'onEnd'>) {
    this.#receiver = receiver;
  }

  write(piece: string | Buffer): boolean {
    if (this.#isOver) return true;
    this.#receiver.onData(typeof piece === 'string' ? Buffer.from(piece) : piece);
    if (!this.#isOver) this.#receiver.onPause();
    return !this.#isPaused;
  }

  async drained(): Promise<void> {
    if (this.#isPaused && !this.#isOver) await new Promise<void>(resolve => this.#wakes.push(resolve));
  }

  end(): void {
    if (!this.#isOver) this.#receiver.onEnd(undefined);
  }

  // What its request does with it. It was asked for nothing, so there is nothing to send it.

  sendHead(): void {}

  sendBody(): boolean {
    return true;
  }

  sendEnd(): void {}

  flush(): void {}

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#wake();
  }

  abort(): void {
    this.#isOver = true;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakes.splice(0)) wake();
  }
}
