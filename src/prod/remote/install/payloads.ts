import {createReadStream} from 'node:fs';
import {Readable} from 'node:stream';
import {gzipSync} from 'node:zlib';
import type {Platform} from '../../../control/server-methods.js';
import type {Run} from '../../../system/exec.js';
import type {Program} from '../program.js';
import {ensureRuntime} from '../runtime.js';
import {tarOf} from '../tar.js';
import type {PayloadSource} from './execute.js';
import type {Payload} from './step.js';

export type PayloadOptions = {
  readonly program: Program;
  readonly platform: Platform;
  readonly nodeVersion: string;
  readonly cacheFolder: string;
  readonly run: Run;
};

/** What steps send: gzipped tar archives, as that is what every server can read. */
export const createPayloads =
  ({program, platform, nodeVersion, cacheFolder, run}: PayloadOptions) =>
  async (payload: Payload): Promise<PayloadSource> => {
    if (payload === 'program') return programArchive(program);
    const {file, bytes} = await ensureRuntime({platform, cacheFolder, run, version: nodeVersion});
    return {bytes, open: () => createReadStream(file)};
  };

function programArchive({files}: Program): PayloadSource {
  const archive = gzipSync(tarOf(files));
  return {bytes: archive.length, open: () => Readable.from(chunksOf(archive), {objectMode: false})};
}

const CHUNK_BYTES = 64 * 1024;

function* chunksOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) yield bytes.subarray(start, start + CHUNK_BYTES);
}
