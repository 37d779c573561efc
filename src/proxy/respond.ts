import type {IncomingMessage, OutgoingHttpHeaders} from 'node:http';
import {pipeline} from 'node:stream/promises';
import {cutOff, type DownstreamResponse, type Exchange, isHttp2Response} from './downstream.js';
import {downstreamResponseHeaders, downstreamTrailers, flushHead} from './headers.js';
import {UpstreamError} from './upstream-answer.js';

/**
 * Streams the upstream's answer. Rejects with UpstreamError when its head cannot be passed on; when the body breaks off
 * later, the connection is cut, so that the answer never looks complete.
 */
export async function sendResponse(answer: IncomingMessage, {response, signal}: Exchange): Promise<void> {
  if (signal.aborted) {
    answer.destroy();
    return;
  }
  writeHead(answer, response);
  try {
    // HEAD, 204 and 304 have no body; a stream without data ends by itself.
    await pipeline(answer, response, {end: false});
    sendTrailers(answer, response);
    response.end();
  } catch {
    answer.destroy();
    cutOff(response);
  }
}

function writeHead(answer: IncomingMessage, response: DownstreamResponse): void {
  try {
    assertForwardable(answer);
    const headers = downstreamResponseHeaders(answer.rawHeaders);
    const statusCode = answer.statusCode ?? 502;
    if (isHttp2Response(response)) {
      response.writeHead(statusCode, headers);
    } else {
      response.writeHead(statusCode, answer.statusMessage ?? '', headers);
      // A stream of events may say nothing for a long time; its client must still learn that it is connected.
      flushHead(response);
    }
  } catch (cause) {
    answer.destroy();
    throw new UpstreamError('the app answered with a head that is not valid HTTP', {retry: 'never', cause});
  }
}

function assertForwardable({statusCode = 0, headers}: IncomingMessage): void {
  // 101 without an Upgrade header comes as an answer; its client would wait for the real one.
  if (statusCode < 200) throw new Error(`status ${statusCode}`);
  // node undoes the chunks and leaves the rest: without its Transfer-Encoding a compressed body is garbage.
  const encoding = headers['transfer-encoding'];
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') throw new Error(`Transfer-Encoding: ${encoding}`);
}

function sendTrailers({rawTrailers}: IncomingMessage, response: DownstreamResponse): void {
  if (rawTrailers.length > 0) response.addTrailers(downstreamTrailers(rawTrailers) as OutgoingHttpHeaders);
}
