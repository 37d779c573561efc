// Just enough of tar to carry files: the ustar format of POSIX.1-1988, which every tar reads. The same files give the
// same bytes, whatever machine they come from.

export type TarFile = {
  /** Relative, with forward slashes; at most 100 bytes, as a longer one needs a second field. */
  readonly path: string;
  readonly content: Uint8Array;
  readonly isExecutable: boolean;
};

const BLOCK = 512;
const MAX_PATH_BYTES = 100;

/** An archive of these files. Folders are made by the reader, on the way to their files. */
export const tarOf = (files: readonly TarFile[]): Buffer =>
  Buffer.concat([...files.flatMap(file => [headerOf(file), file.content, paddingOf(file)]), Buffer.alloc(2 * BLOCK)]);

const paddingOf = ({content}: TarFile): Buffer => Buffer.alloc((BLOCK - (content.length % BLOCK)) % BLOCK);

/** The fields and their places are those of POSIX.1-1988, 10.1.1. Owner and time are left at zero. */
function headerOf({path, content, isExecutable}: TarFile): Buffer {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) throw new RangeError(`${path} is too long for this archive`);
  const header = Buffer.alloc(BLOCK);
  header.write(path, 0);
  header.write(octal(isExecutable ? 0o755 : 0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(0, 12), 136);
  header.write(' '.repeat(8), 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  header.write(`${octal(checksum(header), 7)} `, 148);
  return header;
}

/** A number in a field of `width` bytes, the last of which is a NUL. */
const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;

/** Over the header with spaces in the checksum's own place. */
const checksum = (header: Buffer): number => header.reduce((sum, byte) => sum + byte, 0);
