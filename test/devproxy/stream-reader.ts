/** A client that takes what is sent only when it is told to read. */
export function createReader<Event>() {
  const events: Event[] = [];
  const leaving = new AbortController();
  const waiting = new Set<() => void>();
  let drain = Promise.withResolvers<void>();
  let stalled = Promise.withResolvers<void>();
  return {
    events,
    leave: () => leaving.abort(),
    /** Lets the stream go on until it waits for us again. */
    async read(): Promise<void> {
      const {resolve} = drain;
      drain = Promise.withResolvers();
      stalled = Promise.withResolvers();
      resolve();
      await stalled.promise;
    },
    async until(condition: () => boolean): Promise<void> {
      while (!condition()) await new Promise<void>(resolve => waiting.add(resolve));
    },
    context: {
      signal: leaving.signal,
      emit: (event: Event) => {
        events.push(event);
        for (const wake of waiting) wake();
        return false;
      },
      drained: () => {
        stalled.resolve();
        return drain.promise;
      },
    },
    /** The same, of a client that always keeps up. */
    fast: () => ({
      signal: leaving.signal,
      emit: (event: Event) => events.push(event) > 0,
      drained: async () => undefined,
    }),
  };
}

/** What can happen without anything from outside has happened. */
export const settle = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
