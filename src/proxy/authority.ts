import {type Authority, parseAuthority} from './route-syntax.js';

/** Hosts whose reading is kept: the same few are asked for again and again. */
const MAX_KEPT = 1_000;

const kept = new Map<string, Authority | null>();

/** As parseAuthority, for the value of a Host field. */
export function findAuthority(host: string): Authority | undefined {
  const known = kept.get(host);
  if (known !== undefined) return known ?? undefined;
  const authority = parseAuthority(host);
  if (kept.size >= MAX_KEPT) kept.clear();
  kept.set(host, authority ?? null);
  return authority;
}
