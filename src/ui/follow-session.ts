import type {EventEmitter} from 'node:events';
import type {DevEvent, DevOutcome, DevSession} from './dev-session.js';

export type FollowOptions = {
  /** Ends it with 'ended'. */
  readonly signal?: AbortSignal | undefined;
  /** The streams it reads from and writes to. One that breaks ends it. */
  readonly streams: readonly EventEmitter[];
};

export type Following = {
  readonly outcome: Promise<DevOutcome>;
  /** The first end counts; nothing is heard after it. */
  end(outcome: DevOutcome): void;
};

/** Passes on a session's events until it ends, in whichever way comes first. */
export function followSession(
  session: DevSession,
  {signal, streams}: FollowOptions,
  onEvent: (event: DevEvent) => void,
): Following {
  const over = Promise.withResolvers<DevOutcome>();
  const close = (): void => {
    unsubscribe();
    signal?.removeEventListener('abort', onAbort);
  };
  const end = (outcome: DevOutcome): void => {
    close();
    over.resolve(outcome);
  };
  const onAbort = (): void => end('ended');
  const unsubscribe = session.subscribe(event => {
    onEvent(event);
    if (event.type === 'ended') end('ended');
  });
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();
  // These listeners stay: what was written before the end may still fail after it.
  for (const stream of streams) {
    stream.on('error', error => {
      const outcome = OUTCOME_OF_BREAK.get(error.code);
      if (outcome) return end(outcome);
      close();
      over.reject(error);
    });
  }
  return {outcome: over.promise, end};
}

/** Who pipes into `head` has seen enough; a terminal that was closed leaves the app as it is. */
const OUTCOME_OF_BREAK: ReadonlyMap<string, DevOutcome> = new Map([
  ['EPIPE', 'stop'],
  ['EIO', 'background'],
]);
