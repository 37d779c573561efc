// Secrets in the texts of a message: where they stand, and what is put in their place. To mask them and to put them back
// is the same walk, with another visitor.

import type {Place, SecretNames} from './secret-names.js';

/** What is shown instead of a secret. It may stand in a URL, in a field and in a string of JSON. */
export const MASK = '***';

/**
 * Sees each secret in turn, with the place and the name it has, and gives what is to stand there. `mask` is how a masked
 * one looks there, which need not be MASK alone.
 */
export type VisitSecret = (name: string, value: string, mask: string) => string;

export const maskSecret: VisitSecret = (_name, _value, mask) => mask;

/** What is known of the message whose texts they are. */
export type SecretWalk = {readonly names: SecretNames; readonly visit: VisitSecret};

/** A path with its query. */
export function walkTarget(target: string, walk: SecretWalk): string {
  const start = target.indexOf('?') + 1;
  return start === 0 ? target : target.slice(0, start) + walkPairs(target.slice(start), 'query', walk);
}

/** `name=value` pairs as queries and forms have them. */
export function walkPairs(text: string, place: Place, {names, visit}: SecretWalk): string {
  return text.replace(PAIR, (pair, start: string, name: string, value: string) => {
    const plainName = decodeName(name);
    return names.has(place, plainName) ? `${start}${name}=${visit(`${place} ${plainName}`, value, MASK)}` : pair;
  });
}

const PAIR = /(^|[&;])([^&;=]*)=([^&;]*)/g;

function decodeName(name: string): string {
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}

/** The value of a header field. */
export function walkField(name: string, value: string, walk: SecretWalk): string {
  const lowerName = name.toLowerCase();
  if (lowerName === 'cookie') return value.replace(COOKIE_PAIR, maskCookie(walk));
  if (lowerName === 'set-cookie') return value.replace(FIRST_COOKIE_PAIR, maskCookie(walk));
  if (walk.names.has('field', lowerName)) return walkCredentials(lowerName, value, walk);
  return walkLinks(lowerName, value, walk);
}

const COOKIE_PAIR = /(^|;)(\s*(?:[^=;]*=)?)([^;]*)/g;
const FIRST_COOKIE_PAIR = /(^)(\s*(?:[^=;]*=)?)([^;]*)/;

/** Every value: any cookie may be the one that says who somebody is. One without a name is a value too. */
const maskCookie =
  ({visit}: SecretWalk) =>
  (_pair: string, start: string, name: string, value: string): string =>
    start + name + (value === '' ? '' : visit(`cookie ${name.trim()}`, value, MASK));

/** The scheme of credentials is no secret: RFC 9110, section 11.4. Only those in use, as a secret may have a space. */
const SCHEME = /^((?:Basic|Bearer|Digest|DPoP|Negotiate|NTLM|Token|ApiKey|AWS4-HMAC-SHA256)\s+)?(.*)$/is;

function walkCredentials(name: string, value: string, {visit}: SecretWalk): string {
  const [, scheme = '', secret = ''] = SCHEME.exec(value) ?? [];
  return secret === '' ? value : scheme + visit(`field ${name}`, secret, MASK);
}

/** URLs in fields as Location and Referer, and in texts: their queries, and fragments that are like queries. */
export function walkLinks(where: string, text: string, {names, visit}: SecretWalk): string {
  if (!text.includes('=')) return text;
  return text.replace(LINK_PAIR, (pair, start: string, name: string, secret: string) => {
    const plainName = decodeName(name);
    return names.has('query', plainName) ? `${start}${name}=${visit(`${where} ${plainName}`, secret, MASK)}` : pair;
  });
}

/** A backslash is none of a URL: in JSON, the quote behind it ends a string inside of one. */
const LINK_PAIR = /([?&#;])([^?&#;=\s"'<>,\\]{1,128})=([^&#;\s"'<>,\\]*)/g;
