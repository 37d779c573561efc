import type {LogQuery} from './log-reader.js';
import type {LogRecord} from './log-record.js';

/**
 * The records that match, and those to come until `ended` resolves: all that is there by then still comes. `read` reads the
 * log in question.
 */
export async function* readUntil(
  read: (query: LogQuery) => AsyncIterable<LogRecord>,
  query: LogQuery,
  ended: Promise<unknown>,
): AsyncGenerator<LogRecord> {
  let after = 0;
  for await (const {id} of read({count: 1})) after = id;
  const ending = new AbortController();
  const end = (): void => ending.abort();
  ended.then(end, end);
  const signal = query.signal ? AbortSignal.any([query.signal, ending.signal]) : ending.signal;
  for await (const record of read({...query, follow: true, signal})) {
    after = Math.max(after, record.id);
    yield record;
  }
  if (!query.signal?.aborted) yield* read({...query, count: undefined, follow: false, after});
}
