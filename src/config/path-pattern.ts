// Patterns of folders and files as workspaces have them: `packages/*`, `apps/**`, `{apps,tools}/*`. Segments are matched
// one by one, so that a pattern can be walked down a disk without looking at what it does not reach.

/** A pattern's segments: `apps/*` has two. `**` stands for any number of folders, also none. */
export type PathPattern = readonly string[];

/** Alternatives in braces make several patterns of one; more than this many are not the work of a person. */
const MAX_ALTERNATIVES = 200;

/** Reads a pattern. `./` in front and `/` behind mean nothing; a pattern that leaves its folder matches nothing: it is left out. */
export function parsePathPatterns(text: string): readonly PathPattern[] {
  return expandBraces(text)
    .slice(0, MAX_ALTERNATIVES)
    .map(alternative => alternative.split('/').filter(segment => segment !== '' && segment !== '.'))
    .filter(segments => segments.length > 0 && !segments.includes('..'));
}

export function matchesPath(pattern: PathPattern, path: readonly string[]): boolean {
  const [segment, ...rest] = pattern;
  if (segment === undefined) return path.length === 0;
  if (segment === '**') return matchesPath(rest, path) || (path.length > 0 && matchesPath(pattern, path.slice(1)));
  const [name, ...inner] = path;
  return name !== undefined && matchesSegment(segment, name) && matchesPath(rest, inner);
}

/** Whether one name fits one segment: `*` and `?` stand for letters in it, `[abc]` and `[!abc]` for one of a set. */
export function matchesSegment(segment: string, name: string): boolean {
  if (!hasWildcard(segment)) return segment === name;
  // As in every shell, hidden names are only matched when asked for.
  if (name.startsWith('.') && !segment.startsWith('.')) return false;
  return regexOf(segment).test(name);
}

export const hasWildcard = (segment: string): boolean => /[*?[\]]/.test(segment);

const compiled = new Map<string, RegExp>();

function regexOf(segment: string): RegExp {
  const known = compiled.get(segment);
  if (known) return known;
  const regex = compile(segment);
  compiled.set(segment, regex);
  return regex;
}

function compile(segment: string): RegExp {
  // Runs of stars are one star, so that the time to match stays small.
  const parts = segment.replace(/\*+/g, '*').match(/\*|\?|\[[^\]]+\]|[\s\S]/g) ?? [];
  try {
    return new RegExp(`^${parts.map(compilePart).join('')}$`, 's');
  } catch {
    // A set such as [z-a]: it holds nothing.
    return /[^\s\S]/;
  }
}

function compilePart(part: string): string {
  if (part === '*') return '.*';
  if (part === '?') return '.';
  if (part.length > 1) return part.replace(/^\[[!^]/, '[^').replace(/\\/g, '\\\\');
  return escapeRegex(part);
}

const escapeRegex = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

function expandBraces(text: string): readonly string[] {
  const match = /^([^{}]*)\{([^{}]*)\}([\s\S]*)$/.exec(text);
  if (!match) return [text];
  const [, before = '', inner = '', after = ''] = match;
  const tails = expandBraces(after).slice(0, MAX_ALTERNATIVES);
  return inner
    .split(',')
    .flatMap(choice => tails.map(tail => before + choice + tail))
    .slice(0, MAX_ALTERNATIVES);
}
