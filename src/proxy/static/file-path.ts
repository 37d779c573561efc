// What a request target names among the files of a folder. Whoever serves files is asked for every path there is to climb
// out of a folder with, so a path that is not plainly one of a file names none: nothing is resolved, repaired or guessed.

/** `/docs/a%20b` is `['docs', 'a b']`. */
export type FilePath = {
  readonly segments: readonly string[];
  /** It ends with a slash, or is nothing else. */
  readonly isFolder: boolean;
};

/** What no name has that is meant to be served: separators of any system, and control characters. */
const NOT_IN_A_NAME = /[/\\\x00-\x1f\x7f]/;

/** The one name with a dot in front that the web has: RFC 8615. */
export const WELL_KNOWN = '.well-known';

/**
 * Undefined for what is not the path of a file that may be served: bad percent encoding, bytes that are not UTF-8, `.` and
 * `..`, encoded slashes, backslashes, NUL, empty segments, and names with a dot in front but `/.well-known/`.
 */
export function parseFilePath(target: string): FilePath | undefined {
  const raw = pathOf(target);
  if (!raw.startsWith('/')) return undefined;
  const parts = raw.slice(1).split('/');
  const isFolder = parts.at(-1) === '';
  if (isFolder) parts.pop();
  const segments: string[] = [];
  for (const part of parts) {
    const name = decode(part);
    if (name === undefined || !isServedName(name, segments.length)) return undefined;
    segments.push(name);
  }
  return {segments, isFolder};
}

/** The path of a target as it was sent, without the query. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query === -1 ? target : target.slice(0, query);
}

/** Whether files of this name, at this depth of their folder, are there for the web. */
export function isServedName(name: string, depth: number): boolean {
  if (name === '' || NOT_IN_A_NAME.test(name)) return false;
  return !name.startsWith('.') || (name === WELL_KNOWN && depth === 0);
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
