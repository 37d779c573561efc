import {DEFAULT_ZONES, FALLBACK_ZONE} from '../../config/dev-routes.js';

/** A setting of this machine, not of tako's making, that says who is asked for all names of a zone. */
export type Delegation = {
  readonly zone: string;
  /** Who set it up, as people know it: `Valet`, `dnsmasq (/etc/dnsmasq.d/work.conf)`. */
  readonly owner: string;
  /** Who is asked; left out: the names are answered in place. */
  readonly server?: NameServer;
};

export type NameServer = {readonly address: string; readonly port: number};

/** Whether the names of the zone come to tako's name server already, as somebody has set it up by hand. */
export const isServedByHand = (zone: string, delegations: readonly Delegation[], dnsPort: number): boolean =>
  delegations.some(delegation => delegation.zone === zone && isOurs(delegation, dnsPort));

/** The tool or file that has the zone for something else; undefined where nobody has. */
export const findZoneOwner = (zone: string, delegations: readonly Delegation[], dnsPort: number): string | undefined =>
  isServedByHand(zone, delegations, dnsPort) ? undefined : delegations.find(one => one.zone === zone)?.owner;

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1'];

const isOurs = ({server}: Delegation, dnsPort: number): boolean =>
  server !== undefined && LOOPBACK.includes(server.address) && server.port === dnsPort;

/** The zones tako answers for here: what is somebody else's is left to them, and instead of `test` tako has `tako.test`. */
export function decideZones(
  wanted: readonly string[],
  delegations: readonly Delegation[],
  dnsPort: number,
): readonly string[] {
  const isForeign = findZoneOwner('test', delegations, dnsPort) !== undefined;
  return isForeign ? [FALLBACK_ZONE, ...wanted.filter(zone => !DEFAULT_ZONES.includes(zone))] : wanted;
}
