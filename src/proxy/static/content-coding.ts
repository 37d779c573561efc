// Which form of a file a client takes: RFC 9110, section 12.5.3.

/** Codings of the web that files are kept in beside their plain form, and what is added to their names. */
export const CODINGS = {br: '.br', zstd: '.zst', gzip: '.gz'} as const;

/** The best first: between what a client likes as much, the smaller is chosen. */
export const CODING_NAMES = ['br', 'zstd', 'gzip'] as const;

export type Coding = (typeof CODING_NAMES)[number];

/** The one of these codings that the client wants most; undefined for the plain form, which any client gets at the worst. */
export function chooseCoding(available: readonly Coding[], acceptEncoding: string | undefined): Coding | undefined {
  if (acceptEncoding === undefined || available.length === 0) return undefined;
  const weights = parseWeights(acceptEncoding);
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0;
  // The plain form is always acceptable, but better than a smaller one only where the client says so.
  let best = {coding: undefined as Coding | undefined, weight: weights.get('identity') ?? 0};
  let isBeaten = false;
  for (const coding of CODING_NAMES) {
    const weight = available.includes(coding) ? weightOf(coding) : 0;
    if (weight === 0 || weight < best.weight || (isBeaten && weight === best.weight)) continue;
    best = {coding, weight};
    isBeaten = true;
  }
  return best.coding;
}

/** `gzip;q=0.5`; what is not like it is left out. `x-gzip` is gzip: RFC 9110, section 8.4.1.3. */
const ENTRY = /^([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*;[ \t]*q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?))?$/i;

function parseWeights(acceptEncoding: string): ReadonlyMap<string, number> {
  const weights = new Map<string, number>();
  for (const entry of acceptEncoding.split(',')) {
    const match = ENTRY.exec(entry.trim());
    if (match?.[1] === undefined) continue;
    const name = match[1].toLowerCase();
    weights.set(name === 'x-gzip' ? 'gzip' : name, match[2] === undefined ? 1 : Number(match[2]));
  }
  return weights;
}
