// What the name server says: every name at or below a managed zone is this machine. Other types of such a name exist
// but are empty (NOERROR with the zone's SOA, RFC 2308, section 2.2), and all other names are refused.

import dns2 from 'dns2';

type Packet = dns2.Packet;
type Question = dns2.Packet.Question;
type Resource = dns2.Packet.Resource;

const {Packet: packets} = dns2;
const {TYPE, CLASS, RCODE} = packets;

/** Short: a zone comes and goes with its daemon. */
const TTL_SECONDS = 10;
/** Fits every path without fragments: dnsflagday.net/2020. */
const UDP_PAYLOAD_BYTES = 1_232;
const HIGHEST_EDNS_VERSION = 0;
const QUERY = 0;

/** Answers a query for the managed zones (lower case, no dots around). Undefined for what is not a query at all. */
export function answerQuery(request: Packet, zones: readonly string[]): Packet | undefined {
  if (request.header.qr === 1) return undefined;
  const [question] = request.questions;
  const [edns, ...moreEdns] = request.additionals.filter(({type}) => type === TYPE.EDNS);
  if (request.header.opcode !== QUERY) return refuse(request, RCODE.NOTIMP);
  if (request.questions.length !== 1 || !question || request.errors.length > 0 || moreEdns.length > 0)
    return refuse(request, RCODE.FORMERR);
  if ((edns?.version ?? 0) > HIGHEST_EDNS_VERSION) return refuse(request, RCODE.BADVERS);
  const zone = zoneOf(question.name, zones);
  if (zone === undefined || (question.class !== CLASS.IN && question.class !== CLASS.ANY)) {
    return refuse(request, RCODE.REFUSED);
  }
  const response = packets.createResponseFromRequest(request);
  response.header.aa = 1;
  response.answers.push(...recordsFor(question, zone));
  if (response.answers.length === 0) response.authorities.push(startOfAuthority(zone));
  if (edns) response.additionals.push(packets.Resource.EDNS([], {udpPayloadSize: UDP_PAYLOAD_BYTES}));
  return response;
}

/** The longest managed zone that a name is at or below. */
function zoneOf(name: string, zones: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  return zones
    .filter(zone => lower === zone || lower.endsWith(`.${zone}`))
    .sort((a, b) => b.length - a.length)
    .at(0);
}

function recordsFor(question: Question, zone: string): Resource[] {
  const {name, type} = question;
  const address = (recordType: number, value: string): Resource =>
    packets.createResourceFromQuestion(
      {...question, class: CLASS.IN},
      {type: recordType, ttl: TTL_SECONDS, address: value},
    );
  const isApex = name.toLowerCase() === zone;
  return [
    ...(type === TYPE.A || type === TYPE.ANY ? [address(TYPE.A, '127.0.0.1')] : []),
    ...(type === TYPE.AAAA || type === TYPE.ANY ? [address(TYPE.AAAA, '::1')] : []),
    ...(type === TYPE.SOA && isApex ? [startOfAuthority(zone)] : []),
  ];
}

function startOfAuthority(zone: string): Resource {
  const record = new packets.Resource(zone, TYPE.SOA, CLASS.IN, TTL_SECONDS);
  return Object.assign(record, {
    primary: `ns.${zone}`,
    admin: `hostmaster.${zone}`,
    serial: 1,
    refresh: 3_600,
    retry: 600,
    expiration: 86_400,
    minimum: TTL_SECONDS,
  });
}

const refuse = (request: Packet, code: number): Packet => packets.createErrorResponseFromRequest(request, code);
