// An answer of a fetch handler onto a response of node:http.

import type {ServerResponse} from 'node:http';
import type {Trailers} from '../exchange.js';

/**
 * Resolves when all of it is written, or the client is gone: then the app's stream is cancelled. Rejects when the body fails;
 * the connection has to be cut then, so that a part is not taken for the whole.
 */
export async function writeAnswer(answer: Response, response: ServerResponse, options: WriteOptions): Promise<void> {
  const reader = answer.body?.getReader() as ByteReader | undefined;
  if (!reader || response.req.method === 'HEAD' || answer.status === 204 || answer.status === 304) {
    writeHead(answer, response, {...options, length: reader ? undefined : 0});
    response.end();
    await reader?.cancel();
    return;
  }
  await writeBody(answer, reader, response, options);
}

export type WriteOptions = {
  readonly trailers: Trailers | undefined;
  /** Called right before the head is written. */
  readonly onHead: () => void;
};

type ByteReader = ReadableStreamDefaultReader<Uint8Array>;
type Chunk = Awaited<ReturnType<ByteReader['read']>>;

/**
 * A body that is there as a whole is sent with its length. One that comes bit by bit is announced at once: who waits for its
 * first event sees the head before it.
 */
async function writeBody(
  answer: Response,
  reader: ByteReader,
  response: ServerResponse,
  options: WriteOptions,
): Promise<void> {
  const {trailers} = options;
  const cancel = (): void => void reader.cancel(response.errored ?? undefined).catch(() => {});
  response.once('close', cancel);
  const first = await untilTurnEnds(reader.read());
  const second = first.value?.done === false ? await untilTurnEnds(reader.read()) : first;
  const isWhole = second.value?.done === true && trailers === undefined;
  writeHead(answer, response, {...options, length: isWhole ? (first.value?.value?.length ?? 0) : undefined});
  if (first.value === undefined) response.flushHeaders();
  let chunk = await writeChunk(first, response);
  if (second !== first && !chunk.done) chunk = await writeChunk(second, response);
  while (!chunk.done && !response.destroyed) {
    chunk = await writeChunk({promise: reader.read(), value: undefined}, response);
  }
  response.off('close', cancel);
  if (response.destroyed) return;
  if (trailers !== undefined) response.addTrailers(typeof trailers === 'function' ? trailers() : trailers);
  response.end();
}

/** What a promise has given by the end of this turn of the event loop, if anything. */
type Early<T> = {readonly promise: Promise<T>; readonly value: T | undefined};

async function untilTurnEnds<T>(promise: Promise<T>): Promise<Early<T>> {
  const value = await Promise.race([promise, new Promise<undefined>(resolve => setImmediate(resolve, undefined))]);
  return {promise, value};
}

async function writeChunk({promise, value}: Early<Chunk>, response: ServerResponse): Promise<Chunk> {
  const chunk = value ?? (await promise);
  if (chunk.done || chunk.value.length === 0 || response.destroyed) return chunk;
  if (!response.write(chunk.value)) await untilWritable(response);
  return chunk;
}

/** As slow as the client reads, the app's stream is read. */
const untilWritable = (response: ServerResponse): Promise<void> =>
  new Promise(resolve => {
    if (response.destroyed) return resolve();
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.once('drain', go).once('close', go);
  });

type HeadOptions = WriteOptions & {
  /** Of the body. Undefined: not known. */
  readonly length: number | undefined;
};

function writeHead(answer: Response, response: ServerResponse, {length, trailers, onHead}: HeadOptions): void {
  onHead();
  // A Response cannot have these, but an object that stands for one can.
  const status = answer.status >= 200 && answer.status <= 599 ? answer.status : 500;
  const fields: string[] = [];
  for (const [name, value] of answer.headers) fields.push(name, value);
  if (length !== undefined && mayHaveLength(status) && !hasFraming(answer.headers)) {
    fields.push('content-length', String(length));
  }
  if (typeof trailers === 'object') fields.push('trailer', Object.keys(trailers).join(', '));
  if (answer.statusText === '') response.writeHead(status, fields);
  else response.writeHead(status, answer.statusText, fields);
}

/** RFC 9110, section 8.6. */
const mayHaveLength = (status: number): boolean => status !== 204 && status !== 304;

const hasFraming = (headers: Headers): boolean => headers.has('content-length') || headers.has('transfer-encoding');
