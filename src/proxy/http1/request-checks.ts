import {findAuthority} from '../authority.js';
import {CONNECTION, EXPECT, HOST, UPGRADE} from '../field-kinds.js';
import type {HeaderFields} from '../header-fields.js';
import {type HeadParser, KEEP_ALIVE, TO_BE_READ} from './head-parser.js';
import type {Refusal} from './refusal.js';
import * as refusals from './refusal.js';

/** CONNECT makes tunnels to anywhere, TRACE shows a client's secrets to whoever may script it: RFC 9110, 9.3.6 and 9.3.8. */
const NOT_SERVED = new Set(['CONNECT', 'TRACE', 'TRACK']);
/** Protocols a connection is never upgraded to on behalf of a client: what follows would bypass every check. */
const NEVER_UPGRADED = /^(?:h2c|http\/|tls\/)/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z/-]+$/;

export type CheckedTarget = {readonly target: string; readonly host: string};

/**
 * What a request is about, or why it is refused. A target in absolute form must name the host that Host names. `knownHost`
 * was checked before.
 */
export function checkTarget(method: string, target: string, host: string, knownHost?: string): CheckedTarget | Refusal {
  if (NOT_SERVED.has(method)) return refusals.METHOD_NOT_SERVED;
  if (host !== knownHost && findAuthority(host) === undefined) return refusals.NO_HOST;
  if (target.charCodeAt(0) === SLASH) return hasBackslashInPath(target) ? refusals.BAD_TARGET : {target, host};
  if (target === '*') return method === 'OPTIONS' ? {target, host} : refusals.BAD_TARGET;
  return checkAbsolute(method, target, host);
}

export const isRefusal = (checked: object): checked is Refusal => 'problem' in checked;

/** Checks what the parser leaves to us. Returns the request's target and host, or the refusal. */
export function checkRequest(parser: HeadParser, knownHost?: string): CheckedTarget | Refusal {
  const {hosts, minorVersion, fields} = parser;
  if (hosts > 1) return refusals.SEVERAL_HOSTS;
  if (hosts === 0) return refusals.NO_HOST;
  if (minorVersion === 0 && parser.isChunked) return refusals.OLD_WITH_ENCODING;
  if (parser.hasExpect && !isContinue(fields)) return refusals.BAD_EXPECTATION;
  return checkTarget(parser.method, parser.target, fields.valueOf(HOST) ?? '', knownHost);
}

/** The one protocol this request may be upgraded to: only a GET without a body can change the protocol behind it. */
export function upgradeOf({method, minorVersion, fields, connection, hasUpgrade}: HeadParser): string | undefined {
  if (!hasUpgrade || connection !== TO_BE_READ || method !== 'GET' || minorVersion !== 1) return undefined;
  if (!hasOption(fields, 'upgrade')) return undefined;
  const protocols = fields.valuesOf(UPGRADE).join(',').toLowerCase();
  return TOKEN.test(protocols) && !NEVER_UPGRADED.test(protocols) ? protocols : undefined;
}

/** Whether the other side keeps the connection for another message: RFC 9112, section 9.3. */
export function isPersistent({minorVersion, fields, connection}: HeadParser): boolean {
  if (connection !== TO_BE_READ) return minorVersion === 1 || connection === KEEP_ALIVE;
  return minorVersion === 1 ? !hasOption(fields, 'close') : hasOption(fields, 'keep-alive');
}

/** Whether Connection has an option: RFC 9110, section 7.6.1. */
export function hasOption(fields: HeaderFields, option: string): boolean {
  return fields.valuesOf(CONNECTION).some(value => {
    if (value === option || value === 'keep-alive') return value === option;
    return value
      .toLowerCase()
      .split(',')
      .some(part => part.trim() === option);
  });
}

const SLASH = 0x2f;

/** Some servers read it as a slash, we do not. */
function hasBackslashInPath(target: string): boolean {
  const at = target.indexOf('\\');
  if (at === -1) return false;
  const query = target.indexOf('?');
  return query === -1 || at < query;
}

/** RFC 9112, section 3.2.2: a server takes the absolute form too; here its host must be the one that Host names. */
function checkAbsolute(method: string, target: string, host: string): CheckedTarget | Refusal {
  const match = /^https?:\/\/([^/?]+)(\/[^?]*)?(\?.*)?$/i.exec(target);
  if (!match) return refusals.BAD_TARGET;
  const [, authority = '', path = '/', query = ''] = match;
  if (authority.toLowerCase() !== host.toLowerCase()) return refusals.OTHER_HOST;
  if (path.includes('\\')) return refusals.BAD_TARGET;
  // RFC 9112, section 3.2.4: of the server as a whole.
  const isServerWide = method === 'OPTIONS' && match[2] === undefined && query === '';
  return {target: isServerWide ? '*' : path + query, host};
}

const isContinue = (fields: HeaderFields): boolean =>
  fields.valuesOf(EXPECT).every(value => value.toLowerCase() === '100-continue');
