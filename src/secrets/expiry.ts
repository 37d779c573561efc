import {TakoError} from '../system/error.js';
import {isDay} from './secret-day.js';

const DAY_MS = 24 * 60 * 60_000;
/** As long before its day as somebody needs who has to ask others for a new one. */
const WARNED_DAYS = 30;

export type Expiry = 'never' | 'later' | 'soon' | 'expired';

/** The day that a text means, seen from `now` (milliseconds since the epoch): `2027-01-31`, `in 90 days`, `never`. Throws EXPIRY_INVALID. */
export function parseExpiry(text: string, now: number): string | null {
  const words = text.trim().toLowerCase();
  if (words === '' || words === 'never' || words === 'none') return null;
  const days = /^in (\d{1,5}) days?$/.exec(words)?.[1];
  if (days !== undefined) return dayOf(now + Number(days) * DAY_MS);
  if (isDay(words)) return words;
  throw new TakoError('EXPIRY_INVALID', `"${text}" is not a day on which something expires`, {
    hint: 'use a day as 2027-01-31, "in 90 days", or never',
  });
}

/** A secret is expired from 00:00 UTC of its day on. */
export function expiryOf(expiresOn: string | null, now: number): Expiry {
  if (expiresOn === null) return 'never';
  const leftMs = Date.parse(`${expiresOn}T00:00:00Z`) - now;
  if (leftMs <= 0) return 'expired';
  return leftMs <= WARNED_DAYS * DAY_MS ? 'soon' : 'later';
}

const dayOf = (time: number): string => new Date(time).toISOString().slice(0, 10);
