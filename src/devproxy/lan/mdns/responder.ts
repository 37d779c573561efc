// A responder for some names on one interface: RFC 6762. A name is probed for before it is used, announced when nobody
// objects, answered for while it is ours, and said goodbye to. When another host has it, the next one is tried
// (`shop-2.local`); when another host turns up with it later, we probe again, as if we had never had it.

import {createIpNetworks} from '../../../proxy/ip-networks.js';
import type {Clock} from '../../../system/clock.js';
import {TakoError} from '../../../system/error.js';
import type {LanNetwork} from '../network.js';
import {answersTo, isConflict, legacyAnswer, losesTieBreak, type MdnsQuery, wantsUnicast} from './answers.js';
import {MDNS_PORT, type MdnsPeer, type MdnsResponse, type OpenMulticast} from './multicast.js';
import {nthName} from './names.js';
import {createOutbox} from './outbox.js';
import {
  goodbyeOf,
  HOST_TTL_SECONDS,
  hostRecords,
  isAddressRecord,
  isSameName,
  isSameRecord,
  type MdnsRecord,
  reverseRecord,
} from './records.js';

export type Responder = {
  /**
   * Claims a name, and resolves with the one that is announced: that, or with a number when another host has it. Rejects with
   * LAN_NAME_TAKEN when others have all of those too, and with an AbortError when it is released first.
   */
  claim(wanted: string): Promise<string>;
  /** Says goodbye to what was claimed for the name. */
  release(wanted: string): Promise<void>;
  /** Says goodbye to all of them and leaves the network. */
  close(): Promise<void>;
};

export type ResponderOptions = {
  readonly network: LanNetwork;
  readonly clock: Clock;
  readonly openMulticast: OpenMulticast;
  /** At least 0 and less than 1. */
  readonly random: () => number;
  /** Another host has taken a name that was announced: it is `name` from now on. */
  readonly onRenamed: (wanted: string, name: string) => void;
  readonly onBug: (error: unknown) => void;
};

/** RFC 6762, section 8.1: three probes, 250 ms apart, the first after up to as much. */
const PROBES = 3;
const PROBE_INTERVAL_MS = 250;
/** Section 8.2: whoever loses against another prober looks again a second later. */
const TIE_BREAK_MS = 1_000;
/** Section 8.3: twice, a second apart. */
const ANNOUNCEMENT_INTERVAL_MS = 1_000;
/** Section 8.1: after 15 conflicts, five seconds before each further try. */
const MAX_CONFLICTS = 15;
const MANY_CONFLICTS_MS = 5_000;

type Claim = {
  readonly wanted: string;
  /** What is probed for, or announced. */
  name: string;
  state: 'probing' | 'announced';
  readonly released: AbortController;
  /** Ends the probing that is under way: another host has the name, or is first to claim it. */
  interrupt: (reason: 'taken' | 'outdone') => void;
};

/** Joins the network. Throws LAN_MDNS_FAILED. */
export async function startResponder(options: ResponderOptions): Promise<Responder> {
  const {network, clock, openMulticast, random, onRenamed, onBug} = options;
  const {address, moreAddresses, ownAddresses} = network;
  const claims = new Map<string, Claim>();
  const isOnLink = createIpNetworks(network.subnets).has;
  const recordsOf = ({name}: Claim): readonly MdnsRecord[] => hostRecords(name, [address, ...moreAddresses]);
  const announced = (): readonly Claim[] => [...claims.values()].filter(({state}) => state === 'announced');

  function ownRecords(): readonly MdnsRecord[] {
    const [first] = announced();
    const reverse = first ? [address, ...moreAddresses].map(one => reverseRecord(first.name, one)) : [];
    return [...announced().flatMap(recordsOf), ...reverse];
  }

  function onQuery(query: MdnsQuery, from: MdnsPeer): void {
    for (const claim of claims.values()) meetProbe(claim, query);
    const found = answersTo(query, ownRecords());
    if (found.answers.length === 0) return;
    if (from.port !== MDNS_PORT) void multicast.respond(legacyAnswer(query, found), from);
    else if (wantsUnicast(query) && outbox.knowsAll(found.answers)) void multicast.respond(found, from);
    else outbox.answer(found, {isDefence: query.authorities.length > 0});
  }

  function meetProbe(claim: Claim, {authorities}: MdnsQuery): void {
    const theirs = authorities.filter(({name}) => isSameName(name, claim.name));
    if (claim.state !== 'probing' || !isConflict(claim.name, theirs, ownAddresses)) return;
    if (losesTieBreak(recordsOf(claim), theirs)) claim.interrupt('outdone');
  }

  function onResponse({answers, additionals}: MdnsResponse): void {
    keepAlive(answers);
    for (const claim of claims.values()) {
      if (!isConflict(claim.name, [...answers, ...additionals], ownAddresses)) continue;
      if (claim.state === 'probing') claim.interrupt('taken');
      else void reclaim(claim);
    }
  }

  /** Section 6.6: another responder of this machine says goodbye to what is ours too, and all would forget it. */
  function keepAlive(theirs: readonly MdnsRecord[]): void {
    const ending = theirs.filter(({ttl = 0}) => ttl < HOST_TTL_SECONDS / 2);
    const ours = ownRecords().filter(own => ending.some(other => isSameRecord(own, other)));
    if (ours.length > 0) outbox.answer({answers: ours, additionals: []}, {isDefence: true});
  }

  /** Packets come from anybody: only neighbours count, and none of them breaks anything. */
  const fromNeighbours =
    <Packet>(take: (packet: Packet, from: MdnsPeer) => void) =>
    (packet: Packet, from: MdnsPeer): void => {
      try {
        if (isOnLink(from.address)) take(packet, from);
      } catch (error) {
        onBug(error);
      }
    };

  /** Section 9: as if we had never had it. */
  async function reclaim(claim: Claim): Promise<void> {
    const before = claim.name;
    const {signal} = claim.released;
    try {
      while (!(await obtain(claim))) await clock.sleep(MANY_CONFLICTS_MS, signal);
      if (claim.name !== before) onRenamed(claim.wanted, claim.name);
    } catch (error) {
      if (!signal.aborted) onBug(error);
    }
  }

  /** Tries one name after the other and announces the first that is free; false when none is. Rejects when it is released. */
  async function obtain(claim: Claim): Promise<boolean> {
    claim.state = 'probing';
    for (let conflicts = 0, n = 1; conflicts < MAX_CONFLICTS; conflicts++) {
      claim.name = nthName(claim.wanted, n);
      const found = isOurs(claim) ? 'taken' : await probe(claim);
      if (found === 'free') {
        claim.state = 'announced';
        await announce(claim);
        return true;
      }
      if (found === 'taken') n += 1;
      else await clock.sleep(TIE_BREAK_MS, claim.released.signal);
    }
    return false;
  }

  const isOurs = (claim: Claim): boolean =>
    [...claims.values()].some(other => other !== claim && isSameName(other.name, claim.name));

  async function probe(claim: Claim): Promise<'free' | 'taken' | 'outdone'> {
    const stop = new AbortController();
    let found: 'taken' | 'outdone' | undefined;
    claim.interrupt = reason => {
      found ??= reason;
      stop.abort();
    };
    const signal = AbortSignal.any([claim.released.signal, stop.signal]);
    const questions = [{name: claim.name, type: 'ANY'}];
    try {
      await clock.sleep(random() * PROBE_INTERVAL_MS, signal);
      for (let sent = 0; sent < PROBES; sent++) {
        await multicast.query({questions, authorities: recordsOf(claim).filter(isAddressRecord)});
        await clock.sleep(PROBE_INTERVAL_MS, signal);
      }
      return 'free';
    } catch (error) {
      if (found === undefined) throw error;
      return found;
    }
  }

  async function announce(claim: Claim): Promise<void> {
    await outbox.send(recordsOf(claim));
    void clock.sleep(ANNOUNCEMENT_INTERVAL_MS, claim.released.signal).then(
      () => (claim.state === 'announced' ? outbox.send(recordsOf(claim)) : undefined),
      () => undefined,
    );
  }

  async function release(claim: Claim): Promise<void> {
    claims.delete(claim.wanted);
    claim.released.abort();
    if (claim.state === 'announced') await outbox.send(goodbyeOf(recordsOf(claim)));
  }

  const multicast = await openMulticast(address, {
    onQuery: fromNeighbours(onQuery),
    onResponse: fromNeighbours(onResponse),
  });
  const outbox = createOutbox({
    clock,
    send: answers => multicast.respond(answers),
    isOwn: record => ownRecords().some(own => isSameRecord(own, record)),
  });
  let closed: Promise<void> | undefined;

  async function close(): Promise<void> {
    outbox.close();
    await Promise.all([...claims.values()].map(release));
    await multicast.close();
  }

  return {
    async claim(wanted) {
      const claim: Claim = {
        wanted,
        name: wanted,
        state: 'probing',
        released: new AbortController(),
        interrupt: () => undefined,
      };
      claims.set(wanted, claim);
      if (await obtain(claim)) return claim.name;
      await release(claim);
      throw new TakoError('LAN_NAME_TAKEN', `other devices have the name ${wanted}, and all those like it`);
    },
    async release(wanted) {
      const claim = claims.get(wanted);
      if (claim) await release(claim);
    },
    close: () => (closed ??= close()),
  };
}
