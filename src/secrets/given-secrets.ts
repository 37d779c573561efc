import {createHmac} from 'node:crypto';
import {TakoError} from '../system/error.js';
import {isDelivery, type SecretDelivery} from './delivery.js';
import {isSecretName, MAX_TOTAL_BYTES} from './secret-name.js';

/** The secrets of a deployment, and how they reach its processes. */
export type GivenSecrets = {readonly delivery: SecretDelivery; readonly values: Readonly<Record<string, string>>};

/**
 * By which two sides find out whether they have the same, without showing it: HMAC-SHA256, with a salt that only those
 * know who may read them. In whatever order the values are.
 */
export function digestSecrets({delivery, values}: GivenSecrets, salt: string): string {
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHmac('sha256', salt)
    .update(JSON.stringify([delivery, sorted]))
    .digest('hex');
}

/** Throws SECRETS_TOO_LARGE. */
export function requireTotalSize(values: Readonly<Record<string, string>>): void {
  const bytes = Buffer.byteLength(JSON.stringify(values));
  if (bytes <= MAX_TOTAL_BYTES) return;
  throw new TakoError(
    'SECRETS_TOO_LARGE',
    `the secrets have ${bytes} bytes, and at most ${MAX_TOTAL_BYTES} are possible`,
  );
}

/** What another program says they are; undefined for what cannot be. */
export function parseGivenSecrets(input: unknown): GivenSecrets | undefined {
  const {delivery, values} = Object(input) as {delivery?: unknown; values?: unknown};
  if (!isDelivery(delivery) || typeof values !== 'object' || values === null || Array.isArray(values)) return undefined;
  const entries = Object.entries(values);
  const isRight = entries.every(
    ([name, value]) => isSecretName(name) && typeof value === 'string' && !value.includes('\0'),
  );
  return isRight ? {delivery, values: Object.fromEntries(entries) as Record<string, string>} : undefined;
}
