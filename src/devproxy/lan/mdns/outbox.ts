import type {Clock} from '../../../system/clock.js';
import type {MdnsAnswers} from './answers.js';
import {HOST_TTL_SECONDS, isSameRecord, type MdnsRecord} from './records.js';

/** What goes to everybody, no record more often than it may: RFC 6762, section 6. */
export type Outbox = {
  /** Sends them at once, or as soon as they may be sent again. `isDefence`: somebody is about to take the name. */
  answer(found: MdnsAnswers, options: {readonly isDefence: boolean}): void;
  /** Sends them whenever they were sent last. Resolves when they are out. */
  send(records: readonly MdnsRecord[]): Promise<void>;
  /** Whether everybody was told of them not long ago: then one alone may be told, section 5.4. */
  knowsAll(records: readonly MdnsRecord[]): boolean;
  close(): void;
};

export type OutboxOptions = {
  readonly clock: Clock;
  readonly send: (answers: MdnsAnswers) => Promise<void>;
  /** Whether a record is ours still, when it may be sent again. */
  readonly isOwn: (record: MdnsRecord) => boolean;
};

/** A record is sent to all once a second, to defend its name four times. */
const INTERVAL_MS = 1_000;
const DEFENCE_INTERVAL_MS = 250;
/** A quarter of the time that it is kept. */
const LATELY_MS = (HOST_TTL_SECONDS * 1_000) / 4;

export function createOutbox({clock, send, isOwn}: OutboxOptions): Outbox {
  let lately: readonly {readonly record: MdnsRecord; readonly at: number}[] = [];
  const waiting = new Set<MdnsRecord>();
  const closed = new AbortController();
  const sinceSent = (record: MdnsRecord): number =>
    clock.now() - (lately.find(sent => isSameRecord(sent.record, record))?.at ?? Number.NEGATIVE_INFINITY);

  function transmit(packet: MdnsAnswers): Promise<void> {
    const now = clock.now();
    const records = [...packet.answers, ...packet.additionals];
    const others = lately.filter(
      ({record, at}) => now - at < LATELY_MS && !records.some(sent => isSameRecord(sent, record)),
    );
    lately = [...others, ...records.map(record => ({record, at: now}))];
    return send(packet);
  }

  async function sendLater(record: MdnsRecord, afterMs: number): Promise<void> {
    if ([...waiting].some(other => isSameRecord(other, record))) return;
    waiting.add(record);
    try {
      await clock.sleep(afterMs, closed.signal);
    } catch {
      return;
    } finally {
      waiting.delete(record);
    }
    if (isOwn(record)) await transmit({answers: [record], additionals: []});
  }

  return {
    answer({answers, additionals}, {isDefence}) {
      const intervalMs = isDefence ? DEFENCE_INTERVAL_MS : INTERVAL_MS;
      const isDue = (record: MdnsRecord): boolean => sinceSent(record) >= intervalMs;
      const early = answers.filter(record => !isDue(record));
      const due = answers.filter(isDue);
      for (const record of early) void sendLater(record, intervalMs - sinceSent(record));
      if (due.length > 0) void transmit({answers: due, additionals: additionals.filter(isDue)});
    },
    send: records => transmit({answers: records, additionals: []}),
    knowsAll: records => records.every(record => sinceSent(record) < LATELY_MS),
    close: () => closed.abort(),
  };
}
