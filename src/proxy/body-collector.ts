import type {BodyFlow} from './body-flow.js';

/** Takes a body instead of passing it on. */
export type BodyCollector = {
  readonly flow: BodyFlow;
  /** The whole of it; undefined when it has more than `maxBytes`, or broke off. */
  readonly body: Promise<Buffer | undefined>;
  /** No more will come. */
  giveUp(): void;
};

/** Keeps no more than `maxBytes` of it. */
export function collectBody(maxBytes: number): BodyCollector {
  const {promise, resolve} = Promise.withResolvers<Buffer | undefined>();
  let chunks: Buffer[] = [];
  let bytes = 0;
  const giveUp = (): void => {
    chunks = [];
    resolve(undefined);
  };
  return {
    body: promise,
    giveUp,
    flow: {
      push(chunk) {
        bytes += chunk.length;
        if (bytes > maxBytes) giveUp();
        else chunks.push(chunk);
      },
      end: () => resolve(Buffer.concat(chunks)),
      // Nothing is sent anywhere that would have to wait.
      hold: () => undefined,
      release: () => undefined,
    },
  };
}
