import {z} from 'zod';

/** What is known of the certificate of one name beside it: times are milliseconds since the epoch. */
export type CertificateRecord = z.infer<typeof recordSchema>;

/** Why the last try failed, for people. */
export type CertificateProblem = NonNullable<CertificateRecord['problem']>;

const time = z.number().finite();

const recordSchema = z.object({
  /** The directory of the CA that the certificate is from; null where there is none. */
  directory: z.string().nullable(),
  /** From 0 up to 1: where in the time that there is for it this one is renewed. */
  draw: z.number().min(0).max(1),
  /** Tries that failed since the last one that did not. */
  failures: z.int().min(0),
  /** Not before that; null where nothing is to be waited for. */
  retryAt: time.nullable(),
  problem: z.object({code: z.string(), message: z.string(), hint: z.string().nullable(), at: time}).nullable(),
  /** When the CA wants it renewed, where it says so. */
  renewal: z.object({start: time, end: time}).nullable(),
  /** When the CA is asked that again. */
  renewalCheckAt: time.nullable(),
});

export const EMPTY_RECORD: CertificateRecord = {
  directory: null,
  draw: 0,
  failures: 0,
  retryAt: null,
  problem: null,
  renewal: null,
  renewalCheckAt: null,
};

/** Undefined for what is none: it is as if nothing were known, and no certificate is lost by it. */
export function parseRecord(text: string): CertificateRecord | undefined {
  try {
    return recordSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
