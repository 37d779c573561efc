/** A DNS label holds 63 octets: RFC 1035, section 2.3.4. */
const MAX_LABEL = 63;

/** What a name becomes when others have it already: `shop-2.local`, `shop-3.local`. The first is the name itself. */
export function nthName(name: string, n: number): string {
  if (n === 1) return name;
  const [label = '', ...rest] = name.split('.');
  const suffix = `-${n}`;
  return [label.slice(0, MAX_LABEL - suffix.length) + suffix, ...rest].join('.');
}
