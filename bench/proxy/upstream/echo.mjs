// The WebSocket half of the raw upstream: binary frames of up to 125 bytes come masked (RFC 6455 section 5.2) and go
// back as they have to go back, unmasked.
const HEAD_BYTES = 2;
const MASK_BYTES = 4;

/** A receiver of what the tunnel carries; a frame may arrive in pieces and many may arrive at once. */
export function createEcho(socket) {
  let pending = Buffer.alloc(0);
  return chunk => {
    const input = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    const {output, consumed} = echoFrames(input);
    pending = input.subarray(consumed);
    if (output.length > 0) socket.write(output);
  };
}

function echoFrames(input) {
  const output = Buffer.allocUnsafe(input.length);
  let consumed = 0;
  let written = 0;
  for (let end = endOfFrame(input, 0); end <= input.length; end = endOfFrame(input, consumed)) {
    output[written++] = input[consumed];
    output[written++] = input[consumed + 1] & 0x7f;
    written = unmask(input, consumed + HEAD_BYTES, end, {output, written});
    consumed = end;
  }
  return {output: output.subarray(0, written), consumed};
}

function endOfFrame(input, start) {
  if (start + HEAD_BYTES > input.length) return Number.POSITIVE_INFINITY;
  return start + HEAD_BYTES + MASK_BYTES + (input[start + 1] & 0x7f);
}

function unmask(input, mask, end, {output, written}) {
  const payload = mask + MASK_BYTES;
  for (let index = payload; index < end; index++)
    output[written++] = input[index] ^ input[mask + ((index - payload) & 3)];
  return written;
}
