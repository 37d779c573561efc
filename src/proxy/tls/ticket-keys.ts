import {hkdfSync, randomBytes} from 'node:crypto';

/**
 * Where the keys of session tickets come from. Processes that have the same keys resume each other's sessions; whoever has the
 * keys can read what was said in them, so they stay in memory and are replaced after a while.
 */
export type TicketKeys = {
  /** 48 bytes. Asked about once a second while clients connect; other bytes than before replace the keys. */
  current(): Buffer;
};

/** 16 bytes each of name, HMAC key and AES key, as OpenSSL takes them. */
export const TICKET_KEYS_BYTES = 48;
/** As Caddy: a key that is found out later opens the sessions of half a day. */
export const TICKET_KEYS_LIFETIME_MS = 12 * 60 * 60_000;

/**
 * Random keys that are replaced when they are asked for and 12 hours old. node:tls knows one set of keys, so that a client
 * makes a full handshake after each change. `now` is in milliseconds.
 */
export function createTicketKeys(now: () => number = Date.now): TicketKeys {
  let keys = randomBytes(TICKET_KEYS_BYTES);
  let madeAt = now();
  return {
    current() {
      if (now() - madeAt < TICKET_KEYS_LIFETIME_MS) return keys;
      keys = randomBytes(TICKET_KEYS_BYTES);
      madeAt = now();
      return keys;
    },
  };
}

/** Keys for one purpose: the same in every process that has the same `keys`, and no help in opening another's tickets. */
export const deriveTicketKeys = (keys: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', keys, '', `tako session tickets ${purpose}`, TICKET_KEYS_BYTES));
