// When a certificate is renewed: when its CA says so (ACME Renewal Information, RFC 9773), else after two thirds of its life.

/** Between these the CA wants it renewed; milliseconds since the epoch. */
export type RenewalWindow = {readonly start: number; readonly end: number};

export type Validity = {readonly notBefore: number; readonly notAfter: number};

/** What Let's Encrypt recommends for every lifetime: 60 of 90 days, 31 of 47, four of six. */
const RENEWED_AFTER = 2 / 3;
/** Of the lifetime: servers that were set up in the same minute do not all come at once. */
const JITTER = 1 / 30;

/**
 * Milliseconds since the epoch. `random` is a number from 0 up to 1, which has to be the same each time for the same
 * certificate: what is drawn anew at each look is sooner or later early (RFC 9773, section 4.2).
 */
export function renewalTime(validity: Validity, window: RenewalWindow | undefined, random: number): number {
  if (window) return window.start + (window.end - window.start) * random;
  const lifetime = validity.notAfter - validity.notBefore;
  return validity.notBefore + lifetime * (RENEWED_AFTER - JITTER * random);
}
