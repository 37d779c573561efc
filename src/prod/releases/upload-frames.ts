// The bytes of an upload before they are compressed. Frames, one after the other:
//
//   <64 hex sha256> <kind> <decimal size>\n   and `size` bytes
//   end\n                                     after the last one: without it the stream was cut
//
// kind: `-` a file's content, `x` that of an executable file, `m` a manifest, `p` a patch of a manifest (its own hash).

import {TakoError} from '../../system/error.js';
import {isSha256} from './sha256.js';

export type UploadKind = 'file' | 'executable' | 'manifest' | 'patch';

export type FrameHead = {readonly sha256: string; readonly kind: UploadKind; readonly size: number};

const LETTERS: Readonly<Record<UploadKind, string>> = {file: '-', executable: 'x', manifest: 'm', patch: 'p'};
const KINDS = new Map(Object.entries(LETTERS).map(([kind, letter]) => [letter, kind as UploadKind]));

/** 64 of the hash, 1 of the kind, 16 of the largest safe integer, and 3 between them. */
const MAX_HEAD_BYTES = 84;
const NEWLINE = 0x0a;
const END = 'end';

export const END_OF_FRAMES = Buffer.from(`${END}\n`);

export const renderFrameHead = ({sha256, kind, size}: FrameHead): Buffer =>
  Buffer.from(`${sha256} ${LETTERS[kind]} ${size}\n`);

/** Reads a head without its line end. Throws UPLOAD_INVALID. */
export function parseFrameHead(line: string): FrameHead {
  const [, sha256 = '', letter = '', digits = ''] = /^([0-9a-f]{64}) ([-xmp]) (0|[1-9]\d{0,15})$/.exec(line) ?? [];
  const [kind, size] = [KINDS.get(letter), Number(digits)];
  if (!isSha256(sha256) || kind === undefined || !Number.isSafeInteger(size)) {
    throw uploadInvalid('a frame begins with something else than a hash, a kind and a size');
  }
  return {sha256, kind, size};
}

export type Frame = {
  readonly head: FrameHead;
  /** Exactly as many bytes as announced. To be read to its end before the next frame is asked for. */
  readonly content: AsyncIterable<Uint8Array>;
};

/** Takes frames out of chunks that are cut anywhere. Throws UPLOAD_INVALID, and UPLOAD_CUT when there is no end. */
export async function* readFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  const source = createByteSource(chunks);
  for (let line = await source.line(); line !== END; line = await source.line()) {
    const head = parseFrameHead(line);
    const content = source.bytes(head.size);
    yield {head, content};
    // Whatever its reader left, so that the next line is a head.
    for await (const _ of content);
  }
}

type ByteSource = {line(): Promise<string>; bytes(count: number): AsyncGenerator<Uint8Array>};

function createByteSource(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let rest: Uint8Array = new Uint8Array();

  const more = async (): Promise<void> => {
    const next = await iterator.next();
    if (next.done) throw uploadCut();
    rest = next.value;
  };
  const take = (count: number): Uint8Array => {
    const taken = rest.subarray(0, count);
    rest = rest.subarray(count);
    return taken;
  };

  return {
    async line() {
      let line = '';
      for (;;) {
        const end = rest.indexOf(NEWLINE);
        line += Buffer.from(take(end === -1 ? rest.length : end)).toString('latin1');
        if (line.length > MAX_HEAD_BYTES) throw uploadInvalid('the head of a frame is too long');
        if (end !== -1) {
          take(1);
          return line;
        }
        await more();
      }
    },
    async *bytes(count) {
      let left = count;
      while (left > 0) {
        if (rest.length === 0) await more();
        const taken = take(left);
        left -= taken.length;
        yield taken;
      }
    },
  };
}

export const uploadInvalid = (what: string): TakoError =>
  new TakoError('UPLOAD_INVALID', `the upload cannot be read: ${what}`, {
    hint: 'the tako on this machine and the one on the server may be of different versions',
  });

export const uploadCut = (cause?: unknown): TakoError =>
  new TakoError('UPLOAD_CUT', 'the connection ended in the middle of the upload', {
    hint: 'deploy again: what has arrived is not sent a second time',
    cause,
  });
