// Ranges of versions as package.json has them (node-semver, "Advanced Range Syntax"): `>=20 <23`, `^22.1`, `~1.2`, `22.x`,
// `20 - 22`, `18 || 20`. Versions before a release (`24.0.0-rc.1`) are not among what a server runs, and no range has them.

export type VersionRange = (version: string) => boolean;

type Version = readonly [major: number, minor: number, patch: number];

/** From `low` on, and below `high`. */
type Span = {readonly low: Version; readonly high: Version};

/** Undefined: it is no range. */
export function parseVersionRange(text: string): VersionRange | undefined {
  const alternatives = text.split('||').map(parseAlternative);
  if (!alternatives.every(spans => spans !== undefined)) return undefined;
  return version => {
    const parsed = parseVersion(version);
    return parsed !== undefined && alternatives.some(spans => spans.every(span => contains(span, parsed)));
  };
}

/** The newest of these versions that is in the range. */
export const newestIn = (versions: readonly string[], isWanted: VersionRange): string | undefined =>
  versions.filter(isWanted).sort(byVersion).at(-1);

/** Oldest first. What is no version comes before all others. */
const byVersion = (a: string, b: string): number => compare(parseVersion(a) ?? LOWEST, parseVersion(b) ?? LOWEST);

const LOWEST: Version = [0, 0, 0];
const HIGHEST: Version = [Infinity, 0, 0];
const ANY: Span = {low: LOWEST, high: HIGHEST};

function parseVersion(text: string): Version | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)$/.exec(text);
  return match ? [Number(match[1]), Number(match[2]), Number(match[3])] : undefined;
}

function compare(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

const contains = ({low, high}: Span, version: Version): boolean =>
  compare(low, version) <= 0 && compare(version, high) < 0;

/** All of which have to hold. */
function parseAlternative(text: string): readonly Span[] | undefined {
  const [from, to, more] = text.split(/\s+-\s+/);
  if (from !== undefined && to !== undefined && more === undefined) {
    return parseComparators([`>=${from.trim()}`, `<=${to.trim()}`]);
  }
  const words = text
    .replace(/([<>=^~])\s+/g, '$1')
    .trim()
    .split(/\s+/);
  return words[0] === '' ? [ANY] : parseComparators(words);
}

function parseComparators(words: readonly string[]): readonly Span[] | undefined {
  const spans = words.map(parseComparator);
  return spans.every(span => span !== undefined) ? spans : undefined;
}

/** Parts that are left out, or `x`, are any. */
const COMPARATOR = /^(>=|<=|>|<|=|\^|~)?v?(\d+|[xX*])(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?$/;

function parseComparator(word: string): Span | undefined {
  const match = COMPARATOR.exec(word);
  if (!match) return undefined;
  const [major, minor, patch] = match.slice(2).map(part => (/^\d/.test(part ?? '') ? Number(part) : undefined));
  if (major === undefined) return ANY;
  const low: Version = [major, minor ?? 0, minor === undefined ? 0 : (patch ?? 0)];
  const next = nextOf(major, minor, patch);
  switch (match[1]) {
    case '>=':
      return {low, high: HIGHEST};
    case '>':
      return {low: next, high: HIGHEST};
    case '<':
      return {low: LOWEST, high: low};
    case '<=':
      return {low: LOWEST, high: next};
    case '^':
      return {low, high: nextBreaking(major, minor, patch)};
    case '~':
      return {low, high: nextOf(major, minor, undefined)};
    default:
      return {low, high: next};
  }
}

/** The first version after all that the parts stand for. */
function nextOf(major: number, minor: number | undefined, patch: number | undefined): Version {
  if (minor === undefined) return [major + 1, 0, 0];
  return patch === undefined ? [major, minor + 1, 0] : [major, minor, patch + 1];
}

/** The first part that is not zero may not change. */
function nextBreaking(major: number, minor: number | undefined, patch: number | undefined): Version {
  if (major > 0 || minor === undefined) return [major + 1, 0, 0];
  return minor > 0 ? nextOf(major, minor, undefined) : nextOf(major, minor, patch);
}
