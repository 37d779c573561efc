import type {HeaderFields} from './header-fields.js';

export type BodyFlowOptions = {
  /** Gives what is sent instead of a chunk; the last call has `isLast` and an empty chunk. */
  readonly filter: ((chunk: Buffer, isLast: boolean) => Buffer | Promise<Buffer>) | undefined;
  /** Backpressure on the source, which may still give what it has read already. */
  readonly pause: () => void;
  readonly resume: () => void;
  readonly send: (chunk: Buffer) => void;
  readonly end: (trailers: HeaderFields | undefined) => void;
  readonly fail: (error: unknown) => void;
};

/** A body on its way through a filter, in order, however long the filter takes. */
export type BodyFlow = {
  push(chunk: Buffer): void;
  end(trailers: HeaderFields | undefined): void;
  /** Keeps what comes until `release`. */
  hold(): void;
  release(): void;
};

type Item = {readonly chunk: Buffer; readonly isLast: boolean; readonly trailers: HeaderFields | undefined};

const NOTHING = Buffer.alloc(0);

export function createBodyFlow({filter, pause, resume, send, end, fail}: BodyFlowOptions): BodyFlow {
  const waiting: Item[] = [];
  let isHeld = false;
  let isPaused = false;

  function add(item: Item): void {
    waiting.push(item);
    advance();
    if (waiting.length === 0 || isPaused) return;
    isPaused = true;
    pause();
  }

  function advance(): void {
    try {
      while (!isHeld && waiting.length > 0) pass(waiting.shift() as Item);
    } catch (error) {
      fail(error);
      return;
    }
    if (isHeld || !isPaused) return;
    isPaused = false;
    resume();
  }

  function pass(item: Item): void {
    const filtered = filter === undefined ? item.chunk : filter(item.chunk, item.isLast);
    if (!(filtered instanceof Promise)) {
      deliver(filtered, item);
      return;
    }
    isHeld = true;
    filtered.then(chunk => {
      isHeld = false;
      deliver(chunk, item);
      advance();
    }, fail);
  }

  function deliver(chunk: Buffer, {isLast, trailers}: Item): void {
    send(chunk);
    if (isLast) end(trailers);
  }

  return {
    push: chunk => add({chunk, isLast: false, trailers: undefined}),
    end: trailers => add({chunk: NOTHING, isLast: true, trailers}),
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      advance();
    },
  };
}
