import * as zlib from 'node:zlib';

/**
 * The most that is made of a body by undoing its coding. Two of them, with all characters escaped in JSON, are less than a
 * message of the control protocol may be; and a body that was made to grow without end stops here.
 */
export const DECODED_BYTES = 256 * 1024;

export type Decoded = {readonly bytes: Buffer; readonly isWhole: boolean};

type Undo = (bytes: Buffer, maxOutputLength: number) => Buffer;

const {BROTLI_OPERATION_FLUSH, Z_SYNC_FLUSH, ZSTD_e_flush} = zlib.constants;

/** All of them give what they can of a beginning. zstd is known to Node from 22.15 on. */
const UNDO: Readonly<Record<string, Undo>> = {
  gzip: (bytes, maxOutputLength) => zlib.gunzipSync(bytes, {finishFlush: Z_SYNC_FLUSH, maxOutputLength}),
  deflate: (bytes, maxOutputLength) => zlib.inflateSync(bytes, {finishFlush: Z_SYNC_FLUSH, maxOutputLength}),
  br: (bytes, maxOutputLength) =>
    zlib.brotliDecompressSync(bytes, {finishFlush: BROTLI_OPERATION_FLUSH, maxOutputLength}),
  zstd: (bytes, maxOutputLength) => zlib.zstdDecompressSync(bytes, {finishFlush: ZSTD_e_flush, maxOutputLength}),
};

/** A body as it was before its content codings (RFC 9110, section 8.4); undefined where one cannot be undone. */
export function undoCodings(bytes: Buffer, contentEncoding: string): Decoded | undefined {
  const codings = contentEncoding.toLowerCase().split(',').map(withoutPrefix).filter(isCoding);
  let decoded: Decoded = {bytes: bytes.subarray(0, DECODED_BYTES), isWhole: bytes.length <= DECODED_BYTES};
  // More than one is unheard of; many are a way to make work.
  if (codings.length > MAX_CODINGS) return undefined;
  for (const coding of codings.reverse()) {
    const undo = UNDO[coding];
    const next = undo && undoBounded(decoded.bytes, undo);
    if (next === undefined) return undefined;
    decoded = {bytes: next.bytes, isWhole: next.isWhole && decoded.isWhole};
  }
  return decoded;
}

const MAX_CODINGS = 2;
const withoutPrefix = (coding: string): string => coding.trim().replace(/^x-/, '');
const isCoding = (coding: string): boolean => coding !== '' && coding !== 'identity';

/** Of a body that becomes too large, the beginning: what half of it makes, or half of that. */
function undoBounded(bytes: Buffer, undo: Undo): Decoded | undefined {
  for (let length = bytes.length; length > 0; length = Math.floor(length / 2)) {
    try {
      return {bytes: undo(bytes.subarray(0, length), DECODED_BYTES), isWhole: length === bytes.length};
    } catch (error) {
      if ((error as {code?: unknown}).code !== 'ERR_BUFFER_TOO_LARGE') return undefined;
    }
  }
  return {bytes: Buffer.alloc(0), isWhole: bytes.length === 0};
}
