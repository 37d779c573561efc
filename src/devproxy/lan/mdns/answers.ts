// What a query is answered with: RFC 6762, sections 6 and 7.

import {addressBytes, isAddressRecord, isSameName, isSameRecord, type MdnsRecord} from './records.js';

/** A query as multicast-dns reads it. */
export type MdnsQuery = {
  readonly id?: number;
  readonly questions: readonly MdnsQuestion[];
  /** What the one who asks knows already: RFC 6762, section 7.1. */
  readonly answers: readonly MdnsRecord[];
  /** What a probe is about to claim: RFC 6762, section 8.2. */
  readonly authorities: readonly MdnsRecord[];
};

export type MdnsQuestion = {readonly name: string; readonly type: string; readonly class?: string};

export type MdnsAnswers = {readonly answers: readonly MdnsRecord[]; readonly additionals: readonly MdnsRecord[]};

/** The records of ours that a query asks for, and those that its sender will ask for next. */
export function answersTo({questions, answers: known}: MdnsQuery, own: readonly MdnsRecord[]): MdnsAnswers {
  const isNews = (record: MdnsRecord): boolean => !known.some(other => isKnown(record, other));
  const asked = new Set(questions.flatMap(question => recordsFor(question, own)).filter(isNews));
  const names = [...asked].filter(isHostRecord).map(({name}) => name);
  const more = own.filter(record => isHostRecord(record) && names.includes(record.name) && !asked.has(record));
  return {answers: [...asked], additionals: more.filter(isNews)};
}

/** Of a name that is ours, a type that it does not have is answered with those it has. */
function recordsFor({name, type, class: kind}: MdnsQuestion, own: readonly MdnsRecord[]): readonly MdnsRecord[] {
  if (!CLASSES.has(kind)) return [];
  const named = own.filter(record => isSameName(record.name, name));
  if (type === 'ANY') return named;
  const typed = named.filter(record => record.type === type);
  return typed.length > 0 ? typed : named.filter(record => record.type === 'NSEC');
}

/** RFC 6762, section 7.1: what is known for half of its time at least need not be said again. */
const isKnown = (record: MdnsRecord, known: MdnsRecord): boolean =>
  isSameRecord(record, known) && (known.ttl ?? 0) >= (record.ttl ?? 0) / 2;

const isHostRecord = (record: MdnsRecord): boolean => isAddressRecord(record) || record.type === 'NSEC';

/** IN with the top bit, which asks for an answer to oneself (RFC 6762, section 5.4), as dns-packet writes it. */
const UNICAST_CLASS = 'UNKNOWN_32769';
const CLASSES: ReadonlySet<string | undefined> = new Set(['IN', 'ANY', UNICAST_CLASS]);

/** Whether whoever asks wants the answer alone. */
export const wantsUnicast = ({questions}: MdnsQuery): boolean =>
  questions.length > 0 && questions.every(({class: kind}) => kind === UNICAST_CLASS);

/** RFC 6762, section 6.7: simple resolvers keep what they are told for as long as they are told. */
const LEGACY_TTL_SECONDS = 10;

/** The answer for one that knows DNS and nothing of mDNS: with its question, and without what only mDNS has. */
export const legacyAnswer = ({id = 0, questions}: MdnsQuery, {answers, additionals}: MdnsAnswers): object => ({
  id,
  questions,
  answers: answers.map(toLegacy),
  additionals: additionals.map(toLegacy),
});

const toLegacy = (record: MdnsRecord): MdnsRecord => ({
  ...record,
  flush: false,
  ttl: Math.min(record.ttl ?? 0, LEGACY_TTL_SECONDS),
});

/**
 * What somebody else's records of a name mean for who has it or is about to: nothing when they say what ours say, or name
 * this machine in another way, as its own responder may.
 */
export const isConflict = (name: string, theirs: readonly MdnsRecord[], ownAddresses: readonly string[]): boolean =>
  theirs.some(
    record =>
      isAddressRecord(record) &&
      isSameName(record.name, name) &&
      record.ttl !== 0 &&
      !ownAddresses.some(address => addressBytes(address) === addressBytes(String(record.data))),
  );

/**
 * Whether ours give way to what another host probes for at the same time: the lesser ones do, RFC 6762, section 8.2. `theirs`
 * are all records of its probe.
 */
export function losesTieBreak(ours: readonly MdnsRecord[], theirs: readonly MdnsRecord[]): boolean {
  const [own, other] = [ours, theirs].map(records => records.filter(isAddressRecord).map(sortKey).sort());
  return String(own) < String(other);
}

/** The number of the type, then the bytes of the address. */
const sortKey = ({type, data}: MdnsRecord): string => (type === 'A' ? '01' : '28') + addressBytes(String(data));
