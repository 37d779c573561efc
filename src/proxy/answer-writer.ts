import {LocalStream} from './local-stream.js';
import type {UpstreamReceiver} from './upstream.js';

/** An answer that is made here, piece by piece. */
export type AnswerWriter = {
  /** False when the client does not keep up. Does nothing when the request is over. */
  write(piece: string | Buffer): boolean;
  /** Resolves when the client takes more, or when the request is over. */
  drained(): Promise<void>;
  /** The answer is complete. */
  end(): void;
};

export class WrittenAnswer extends LocalStream implements AnswerWriter {
  readonly #receiver: Pick<UpstreamReceiver, 'onData' | 'onPause' | 'onEnd'>;

  constructor(receiver: Pick<UpstreamReceiver, 'onData' | 'onPause' | 'onEnd'>) {
    super();
    this.#receiver = receiver;
  }

  write(piece: string | Buffer): boolean {
    if (this.isOver) return true;
    this.#receiver.onData(typeof piece === 'string' ? Buffer.from(piece) : piece);
    if (!this.isOver) this.#receiver.onPause();
    return !this.isPaused;
  }

  end(): void {
    if (!this.isOver) this.#receiver.onEnd(undefined);
  }

  /** It was asked for nothing. */
  sendHead(): void {}
}
