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

/** Nothing passes any more once something was thrown: the rest of a body without a part of it is not that body. */
export function createBodyFlow({filter, pause, resume, send, end, fail}: BodyFlowOptions): BodyFlow {
  const waiting: Item[] = [];
  let isHeld = false;
  let isFiltering = false;
  let isPaused = false;
  let hasFailed = false;

  function add(item: Item): void {
    if (hasFailed) return;
    waiting.push(item);
    advance();
    // Behind the last chunk there is nothing to hold back, and the source may serve someone else already.
    if (waiting.length === 0 || isPaused || item.isLast) return;
    isPaused = true;
    pause();
  }

  function advance(): void {
    try {
      while (!isHeld && !isFiltering && waiting.length > 0) pass(waiting.shift() as Item);
    } catch (error) {
      stop(error);
    }
    if (isHeld || isFiltering || hasFailed || !isPaused) return;
    isPaused = false;
    resume();
  }

  function stop(error: unknown): void {
    hasFailed = true;
    waiting.length = 0;
    fail(error);
  }

  function pass(item: Item): void {
    const filtered = filter === undefined ? item.chunk : filter(item.chunk, item.isLast);
    if (!(filtered instanceof Promise)) {
      deliver(filtered, item);
      return;
    }
    isFiltering = true;
    const goOn = (chunk: Buffer): void => {
      isFiltering = false;
      deliver(chunk, item);
      advance();
    };
    filtered.then(goOn).catch(stop);
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
