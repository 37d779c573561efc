import {randomBytes} from 'node:crypto';
import {TICKET_KEYS_BYTES, TICKET_KEYS_LIFETIME_MS, type TicketKeys} from '../../proxy/tls/ticket-keys.js';
import type {Holder} from '../holder/holder-client.js';

const BAGGAGE = 'ticket-keys';

/** Keys of the process before, where they are young enough; the holder keeps them in memory for the next. */
export function inheritTicketKeys(holder: Pick<Holder, 'baggage' | 'setBaggage'>, now: () => number): TicketKeys {
  let {keys, madeAt} = parse(holder.baggage(BAGGAGE)) ?? make();

  function make(): {keys: Buffer; madeAt: number} {
    const made = {keys: randomBytes(TICKET_KEYS_BYTES), madeAt: now()};
    holder.setBaggage(BAGGAGE, {keys: made.keys.toString('base64'), madeAt: made.madeAt});
    return made;
  }
  return {
    current() {
      if (now() - madeAt >= TICKET_KEYS_LIFETIME_MS) ({keys, madeAt} = make());
      return keys;
    },
  };
}

function parse(value: unknown): {readonly keys: Buffer; readonly madeAt: number} | undefined {
  const {keys: text, madeAt} = Object(value) as {keys?: unknown; madeAt?: unknown};
  if (typeof text !== 'string' || typeof madeAt !== 'number') return undefined;
  const keys = Buffer.from(text, 'base64');
  return keys.length === TICKET_KEYS_BYTES ? {keys, madeAt} : undefined;
}
