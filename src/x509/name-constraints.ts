import {type Asn1, children, contents, decode, isContext, sequence, tagged, taggedBytes} from './der.js';
import {type Extension, extension, GENERAL_NAME} from './extensions.js';
import {ipBytes} from './ip.js';
import {isInRange, parseIpRange, rangeBytes, rangeText} from './ip-range.js';

// What an authority may sign (RFC 5280 section 4.2.1.10).
//
// A kind of name that is not mentioned is not limited, so an authority that is to sign
// nothing outside has to list both host names and addresses. A zone permits itself and
// everything below it: `test` permits `app.test`. There is no leading dot; that form
// belongs to URIs, and clients read it differently.

export type NameConstraints = {
  /** Lower case, no leading or trailing dot. */
  readonly zones: readonly string[];
  /** `10.0.0.0/8`, `fc00::/7`. */
  readonly ipRanges: readonly string[];
};

const PERMITTED = 0;

/** Critical, so that a client which cannot check it must refuse the authority. */
export function nameConstraints({zones, ipRanges}: NameConstraints): Extension {
  const names = [
    ...zones.map(zone => taggedBytes(GENERAL_NAME.dns, Buffer.from(zone, 'ascii'))),
    ...ipRanges.map(range => taggedBytes(GENERAL_NAME.ip, rangeBytes(parseIpRange(range)))),
  ];
  return extension('nameConstraints', sequence(tagged(PERMITTED, ...names.map(name => sequence(name)))), true);
}

/** Reads the value of the extension back. Throws when it is not DER. */
export function parseNameConstraints(der: Uint8Array): NameConstraints {
  const permitted = children(decode(der)).find(value => isContext(value, PERMITTED));
  const bases = children(permitted).flatMap(subtree => children(subtree).slice(0, 1));
  return {
    zones: ofKind(bases, GENERAL_NAME.dns).map(bytes => bytes.toString('ascii')),
    ipRanges: ofKind(bases, GENERAL_NAME.ip).map(rangeText),
  };
}

/** Whether a leaf for this host name (lower case) or IP address would be accepted. */
export function permits({zones, ipRanges}: NameConstraints, name: string): boolean {
  const address = ipBytes(name);
  return address
    ? ipRanges.some(range => isInRange(address, parseIpRange(range)))
    : zones.some(zone => isInZone(name, zone));
}

/** Whether `name` is the zone or lies below it. */
export const isInZone = (name: string, zone: string): boolean => name === zone || name.endsWith(`.${zone}`);

const ofKind = (names: readonly Asn1[], tag: number): Buffer[] =>
  names.filter(name => isContext(name, tag)).map(contents);
