// What a path in a release may be. It comes from another machine and becomes a file on this one, so what could mean
// two things (a backslash, an empty part, a dot) is refused rather than mended.

/** NAME_MAX of Linux's limits.h. */
const MAX_PART_BYTES = 255;
/** PATH_MAX of Linux's limits.h is 4,096; the rest is for the folder that the release is in. */
const MAX_PATH_BYTES = 3_072;
/** More than any source tree has; a path of a thousand parts costs a thousand steps wherever it is walked. */
const MAX_PARTS = 100;

/** What is wrong with the path of a file in a release, or undefined. */
export function findPathProblem(path: unknown): string | undefined {
  return findTextProblem(path) ?? findPartProblem(String(path).split('/'));
}

/** What is wrong with the target of a link, seen alone: where it leads is another matter. */
export function findTargetProblem(target: unknown): string | undefined {
  const problem = findTextProblem(target);
  if (problem !== undefined) return problem;
  if (String(target).startsWith('/')) return 'must be relative';
  return findLengthProblem(String(target).split('/'));
}

/** The app's folder, or one of its assets: `.` is the release itself. */
export const findFolderProblem = (path: unknown): string | undefined =>
  path === '.' ? undefined : findPathProblem(path);

/** The folders that a path goes through, the nearest first: `a/b` and `a` of `a/b/c`. */
export function* foldersOf(path: string): Generator<string> {
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) yield path.slice(0, end);
}

function findTextProblem(text: unknown): string | undefined {
  if (typeof text !== 'string' || text === '') return 'expected a non-empty string';
  if (Buffer.byteLength(text) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (!text.isWellFormed()) return 'is not valid Unicode';
  if (text.includes('\0')) return 'has a NUL';
  return text.includes('\\') ? 'has a backslash' : undefined;
}

function findPartProblem(parts: readonly string[]): string | undefined {
  if (parts[0] === '') return 'must be relative';
  if (parts.includes('')) return 'has an empty part';
  if (parts.includes('.') || parts.includes('..')) return 'has a "." or ".." part';
  return findLengthProblem(parts);
}

function findLengthProblem(parts: readonly string[]): string | undefined {
  if (parts.length > MAX_PARTS) return `has more than ${MAX_PARTS} parts`;
  return parts.some(part => Buffer.byteLength(part) > MAX_PART_BYTES)
    ? `has a part longer than ${MAX_PART_BYTES} bytes`
    : undefined;
}
