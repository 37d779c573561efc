import type {Http2Stream} from 'node:http2';

/**
 * Resets a stream in the middle of what it sends. Node's own `close` ends the stream before it resets it, and the other
 * side, which gets END_STREAM first, takes half a message for a whole one. So the stream is left without an end to write;
 * and a write that has just begun, which looks once more for an end behind it, is given its turn before.
 */
export function cutStream(stream: Http2Stream, code: number): void {
  process.nextTick(reset, stream, code);
}

function reset(stream: Http2Stream, code: number): void {
  if (stream.closed || stream.destroyed) return;
  stream._final = skip;
  stream.close(code);
}

const skip = (callback: () => void): void => callback();
