import type {TunnelEnd, TunnelSink} from './tunnel-end.js';
import {WebSocketFrames} from './websocket-frames.js';

const PASSING = 0;
/** Its end is said where the frame under way ends. */
const ENDING = 1;
const ENDED = 2;

export type WebSocketLaneOptions = {
  readonly from: Pick<TunnelEnd, 'resume'>;
  readonly to: TunnelSink;
  /** The frame that says that the lane is over. */
  readonly goodbye: Buffer;
  /** Told when the side it comes from has closed its own direction, after this one was asked to end. */
  readonly onAnswer: () => void;
};

/** One direction of a WebSocket: passes on what comes, until it is to end. */
export class WebSocketLane implements TunnelSink {
  readonly #options: WebSocketLaneOptions;
  readonly #to: TunnelSink;
  readonly #frames = new WebSocketFrames();
  #state = PASSING;

  constructor(options: WebSocketLaneOptions) {
    this.#options = options;
    this.#to = options.to;
  }

  /** How many have come. */
  get frames(): number {
    return this.#frames.count;
  }

  /** Whether the side it comes from has said that it sends no more. */
  get isClosed(): boolean {
    return this.#frames.hasClosed;
  }

  /** Says its end as soon as no frame is under way. What comes behind is dropped, but for the answer. */
  close(): void {
    this.#state = ENDING;
    if (this.#frames.isBetweenFrames) this.#sayGoodbye();
  }

  write(bytes: Buffer): boolean {
    if (this.#state !== PASSING) return this.#writeLast(bytes);
    this.#follow(bytes, 0);
    return this.#to.write(bytes);
  }

  end(): void {
    if (this.#state !== ENDED) this.#to.end();
    if (this.#state !== PASSING) this.#options.onAnswer();
  }

  resume(): void {
    this.#to.resume();
  }

  /** It comes from a side that failed; the other one has still to answer where it was said goodbye. */
  destroy(): void {
    if (this.#state !== ENDED) this.#to.destroy();
  }

  #writeLast(bytes: Buffer): boolean {
    let isTaken = true;
    let at = 0;
    if (this.#state === ENDING) {
      at = this.#frames.takeFrame(bytes, 0);
      isTaken = this.#to.write(bytes.subarray(0, at));
      if (this.#frames.isBetweenFrames) this.#sayGoodbye();
    }
    this.#follow(bytes, at);
    if (this.isClosed) this.#options.onAnswer();
    return isTaken || this.#state === ENDED;
  }

  #follow(bytes: Buffer, start: number): void {
    for (let at = start; at < bytes.length; ) at = this.#frames.takeFrame(bytes, at);
  }

  #sayGoodbye(): void {
    this.#state = ENDED;
    const {from, goodbye} = this.#options;
    if (!this.isClosed) this.#to.write(goodbye);
    // It may have been paused for what is dropped now.
    from.resume();
  }
}
