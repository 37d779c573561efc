/** From `start` up to, not including, `end`. */
export type ByteRange = {readonly start: number; readonly end: number};

const ONE_RANGE = /^bytes[ \t]*=[ \t,]*(?:(\d+)-(\d*)|-(\d+))[ \t,]*$/i;

/**
 * The part a Range field asks for: RFC 9110, section 14.1.2. `whole` where it is not one range of bytes: a server need not
 * give several in one answer, and browsers do not ask for them. `unsatisfiable`: 416.
 */
export function parseRange(value: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = value === undefined || size === 0 ? null : ONE_RANGE.exec(value);
  if (match === null) return 'whole';
  const [, first, last, suffix] = match;
  if (suffix !== undefined)
    return Number(suffix) === 0 ? 'unsatisfiable' : {start: atLeast0(size - Number(suffix)), end: size};
  const start = Number(first);
  const end = last === '' ? size : Math.min(Number(last) + 1, size);
  if (last !== '' && Number(last) < start) return 'whole';
  return start >= size ? 'unsatisfiable' : {start, end};
}

const atLeast0 = (value: number): number => Math.max(0, value);
