// When a CA wants a certificate renewed (ACME Renewal Information, RFC 9773).

import {X509Certificate} from 'node:crypto';
import {z} from 'zod';
import {children, contents, decode, isContext} from '../../../x509/der.js';
import {extensionValue} from '../../../x509/read-certificate.js';
import type {RenewalWindow} from '../renewal-time.js';
import {parseRetryAfter} from '../retry-time.js';
import {type AcmeHttpOptions, getJson} from './acme-http.js';

export type RenewalInfo = {
  /** Undefined: the CA does not say. */
  readonly window: RenewalWindow | undefined;
  /** When it is to be asked again, in milliseconds since the epoch. */
  readonly askAgainAt: number;
};

/** RFC 9773, section 4.3.2: a client takes no less than a minute and no more than a day for what the CA says. */
const LEAST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 24 * 60 * 60_000;
/** Section 4.3.3: where the CA says nothing of it. */
const USUAL_PAUSE_MS = 6 * 60 * 60_000;

const infoSchema = z.object({suggestedWindow: z.object({start: z.iso.datetime(), end: z.iso.datetime()})});

/** Asks the CA. Throws AcmeProblem. */
export async function getRenewalInfo(directory: string, cert: string, http: AcmeHttpOptions): Promise<RenewalInfo> {
  const now = http.now();
  const {data: resources} = await getJson(directory, http);
  const {renewalInfo} = Object(resources) as {renewalInfo?: unknown};
  const id = certificateId(cert);
  if (typeof renewalInfo !== 'string' || id === undefined) {
    return {window: undefined, askAgainAt: now + LONGEST_PAUSE_MS};
  }
  const {data, headers} = await getJson(`${renewalInfo.replace(/\/$/, '')}/${id}`, http);
  const pause = (parseRetryAfter(headers['retry-after'], now) ?? now + USUAL_PAUSE_MS) - now;
  return {
    window: parseWindow(data),
    askAgainAt: now + Math.min(Math.max(pause, LEAST_PAUSE_MS), LONGEST_PAUSE_MS),
  };
}

/** Undefined for what is no window: one that ends before it begins is to be ignored (section 4.2). */
function parseWindow(data: unknown): RenewalWindow | undefined {
  const {suggestedWindow} = infoSchema.safeParse(data).data ?? {};
  const [start, end] = [suggestedWindow?.start, suggestedWindow?.end].map(text => Date.parse(text ?? ''));
  return start !== undefined && end !== undefined && start < end ? {start, end} : undefined;
}

/** How section 4.1 names a certificate; undefined for one that does not say which key has signed it. */
export function certificateId(cert: string): string | undefined {
  const leaf = new X509Certificate(cert);
  const extension = extensionValue(leaf, 'authorityKeyIdentifier');
  const keyId = extension && children(decode(extension)).find(field => isContext(field, 0));
  if (!keyId) return undefined;
  return `${contents(keyId).toString('base64url')}.${serialBytes(leaf).toString('base64url')}`;
}

/** As an INTEGER of DER has it: with a zero before a first bit that is set. */
function serialBytes({serialNumber}: X509Certificate): Buffer {
  const hex = serialNumber.length % 2 === 0 ? serialNumber : `0${serialNumber}`;
  const bytes = Buffer.from(hex, 'hex');
  return (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
}
