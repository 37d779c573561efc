// A request of node:http as a fetch handler gets it.

import type {IncomingMessage, ServerResponse} from 'node:http';
import {cameByHttps} from '../answer.js';

export type RequestOptions = {
  readonly incoming: IncomingMessage;
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** Called before the body is read for the first time. */
  readonly onRead: () => void;
};

/** Throws a TypeError for what a Request cannot be: a host that is none, the method TRACE. */
export function toRequest({incoming, signal, onRead}: RequestOptions): Request {
  const {method = 'GET'} = incoming;
  return new Request(urlOf(incoming), {
    method,
    headers: headersOf(incoming),
    signal,
    ...(hasBody(incoming) ? {body: bodyOf(incoming, onRead), duplex: 'half' as const} : {}),
  });
}

/** Aborts when the client hangs up before its answer is complete. */
export function abortOnDisconnect(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) controller.abort(new DOMException('the client hung up', 'AbortError'));
  });
  return controller.signal;
}

function urlOf({url = '/', headers}: IncomingMessage): string {
  const scheme = cameByHttps(String(headers['x-forwarded-proto'] ?? '')) ? 'https' : 'http';
  if (/^https?:\/\//i.test(url)) return url.replace(/^https?/i, scheme);
  // Clients of HTTP/1.0 may send no Host.
  return `${scheme}://${headers.host ?? 'localhost'}${url.startsWith('/') ? '' : '/'}${url}`;
}

/** Each field as it came; one that came twice is there twice. */
function headersOf({rawHeaders}: IncomingMessage): Headers {
  const headers = new Headers();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    headers.append(rawHeaders[index] ?? '', rawHeaders[index + 1] ?? '');
  }
  return headers;
}

/** A body of GET or HEAD means nothing (RFC 9110, section 9.3.1), and a Request cannot have it. */
const hasBody = ({method, headers}: IncomingMessage): boolean =>
  method !== 'GET' &&
  method !== 'HEAD' &&
  (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0);

/** Nothing is read before it is asked for: until then the client is held up. */
function bodyOf(incoming: IncomingMessage, onRead: () => void): ReadableStream<Uint8Array> {
  let isStarted = false;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (!isStarted) {
          isStarted = true;
          onRead();
          feed(incoming, controller);
        }
        incoming.resume();
      },
    },
    {highWaterMark: 0},
  );
}

function feed(incoming: IncomingMessage, controller: ReadableStreamDefaultController<Uint8Array>): void {
  let isOver = false;
  /** A stream that its reader has cancelled takes nothing any more, and says so by throwing. */
  const tell = (work: () => void): void => {
    if (isOver) return;
    try {
      work();
    } catch {
      isOver = true;
    }
  };
  const end = (finish: () => void): void => {
    tell(finish);
    isOver = true;
  };
  const fail = (): void => end(() => controller.error(new Error('the client hung up before its body was complete')));
  incoming.on('data', (chunk: Buffer) => {
    tell(() => controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length)));
    if (!isOver && (controller.desiredSize ?? 0) <= 0) incoming.pause();
  });
  incoming.once('end', () => end(() => controller.close()));
  incoming.once('error', fail).once('close', fail);
  if (incoming.destroyed && !incoming.complete) fail();
}
