/** Runs `work` for each item, at most `limit` at a time. The first error ends it, once what has begun is over. */
export async function concurrently<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const failures: unknown[] = [];
  const iterator = items[Symbol.iterator]();
  const takeTurns = async (): Promise<void> => {
    for (let next = iterator.next(); !next.done && failures.length === 0; next = iterator.next()) {
      await work(next.value).catch(error => failures.push(error));
    }
  };
  await Promise.all(Array.from({length: limit}, takeTurns));
  if (failures.length > 0) throw failures[0];
}

/** One after the other, in the order they were asked for; a failure is its own caller's. */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>;

export function createTurns(): Turns {
  let last: Promise<unknown> = Promise.resolve();
  return work => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
