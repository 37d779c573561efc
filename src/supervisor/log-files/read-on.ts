// A log that goes on while it is read, in two steps with a record in between that both know: what is there up to it, and what
// comes behind it. So nothing is missing and nothing comes twice, whatever is written meanwhile.

import type {LogQuery} from './log-reader.js';
import type {LogRecord} from './log-record.js';

/** The same up to that record: `count` is of those. */
export function upTo(newestId: number, query: LogQuery): LogQuery {
  const {where = () => true} = query;
  return {...query, where: record => record.id <= newestId && where(record)};
}

export type ReadOn = {
  /** Reads the log in question. */
  readonly read: (query: LogQuery) => AsyncIterable<LogRecord>;
  /** What comes behind the record of this id. */
  readonly after: number;
  /** All that is written when it settles still comes. */
  readonly ended: Promise<unknown>;
};

/** The records that match and are to come until the end. `count` means nothing here. */
export async function* readOn(
  {signal: given, ...query}: LogQuery,
  {read, after: first, ended}: ReadOn,
): AsyncGenerator<LogRecord> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  ended.then(end, end);
  const signal = given ? AbortSignal.any([given, ending.signal]) : ending.signal;
  const toCome = {...query, count: undefined};
  let after = first;
  for await (const record of read({...toCome, after, follow: true, signal})) {
    after = record.id;
    yield record;
  }
  if (!given?.aborted) yield* read({...toCome, after, follow: false, signal: given});
}
