import {TakoError} from '../system/error.js';
import {isInZone, type NameConstraints} from '../x509/name-constraints.js';
import {isHostName} from './server-name.js';

/** Names that never leave the machine or its network: RFC 6761 (test, localhost) and RFC 6762 (local). */
export const LOCAL_ZONES: readonly string[] = ['test', 'localhost', 'local'];

/** Loopback, private use (RFC 1918, RFC 4193) and link-local (RFC 3927, RFC 4291) addresses. */
export const LOCAL_IP_RANGES: readonly string[] = [
  '127.0.0.0/8',
  '::1/128',
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  'fc00::/7',
  'fe80::/10',
];

/** What an authority may sign: everything local, and these zones. Throws ZONE_INVALID. */
export function localConstraints(extraZones: readonly string[]): NameConstraints {
  const plan = planZones(LOCAL_ZONES, extraZones);
  return {zones: plan.action === 'keep' ? LOCAL_ZONES : plan.zones, ipRanges: LOCAL_IP_RANGES};
}

export type ZonePlan =
  | {readonly action: 'keep'}
  | {readonly action: 'rotate'; readonly zones: readonly string[]; readonly added: readonly string[]};

/** Zones only ever grow: taking one away would cost the user another round of trust for nothing. Throws ZONE_INVALID. */
export function planZones(current: readonly string[], wanted: readonly string[]): ZonePlan {
  const invalid = wanted.find(zone => !isHostName(zone));
  // An empty zone above all: it would permit every name there is.
  if (invalid !== undefined) throw new TakoError('ZONE_INVALID', `"${invalid}" is not a zone, such as example.test`);
  const missing = wanted.filter(zone => !isCovered(zone, current));
  const added = [...new Set(missing)].filter(
    zone =>
      !isCovered(
        zone,
        missing.filter(other => other !== zone),
      ),
  );
  return added.length === 0 ? {action: 'keep'} : {action: 'rotate', zones: [...current, ...added], added};
}

const isCovered = (zone: string, zones: readonly string[]): boolean => zones.some(parent => isInZone(zone, parent));
