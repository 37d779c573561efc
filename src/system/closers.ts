/** What has been started so far, to be closed last first. */
export type Closers = {
  add(close: () => void | Promise<void>): void;
  /** Closes everything once; a part that fails to close does not keep the others open. */
  close(): Promise<void>;
};

export function createClosers(): Closers {
  const parts: (() => void | Promise<void>)[] = [];
  let done: Promise<void> | undefined;
  return {
    add: close => void parts.push(close),
    close: () => (done ??= closeAll(parts)),
  };
}

async function closeAll(parts: readonly (() => void | Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const close of parts.toReversed()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'some parts did not close');
}
