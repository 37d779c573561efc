const DAY_MS = 24 * 60 * 60 * 1000;

export const ROOT_VALIDITY_DAYS = 3650;

/** Below the 398 days browsers allow a leaf, so that every client takes it whatever root it chains to. */
export const LEAF_VALIDITY_DAYS = 397;

/** A leaf is replaced this long before it ends. */
export const RENEW_BEFORE_MS = 30 * DAY_MS;

/** Certificates start this long ago: virtual machines, containers and phones may run behind this clock. */
const BACKDATED_MS = DAY_MS;

/** From when to when a certificate issued now is valid; all in milliseconds since the epoch. */
export function validityOf(days: number, now: number): {readonly notBefore: number; readonly notAfter: number} {
  const notBefore = now - BACKDATED_MS;
  return {notBefore, notAfter: notBefore + days * DAY_MS};
}
