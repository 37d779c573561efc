import {createCipheriv, createDecipheriv, randomBytes} from 'node:crypto';

/** The key of an environment: 32 random bytes, or what a passphrase makes. The id is no secret. */
export type SecretKey = {readonly id: string; readonly bytes: Uint8Array};

/** What a value belongs to. It is authenticated with the value, so that neither can be changed or moved without the key. */
export type ValueContext = {readonly environment: string; readonly name: string; readonly expiresOn: string | null};

export const KEY_BYTES = 32;

/** AES-256-GCM with the nonce of NIST SP 800-38D, section 8.2.2: 96 random bits, for at most 2^32 values of a key. */
const ALGORITHM = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** base64 of nonce, ciphertext and tag. */
export function sealValue(value: string, key: Uint8Array, context: ValueContext): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce, {authTagLength: TAG_BYTES}).setAAD(additionalData(context));
  return Buffer.concat([nonce, cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** Undefined where it was changed, belongs elsewhere, or was made with another key. */
export const openValue = (sealed: string, key: Uint8Array, context: ValueContext): string | undefined =>
  open(sealed, key, additionalData(context));

/** As `openValue`, for values of the existing format, which belong to nothing. */
export const openUnboundValue = (sealed: string, key: Uint8Array): string | undefined =>
  open(sealed, key, Buffer.alloc(0));

function open(sealed: string, key: Uint8Array, additional: Buffer): string | undefined {
  const bytes = decodeBase64(sealed);
  if (bytes === undefined || bytes.length < NONCE_BYTES + TAG_BYTES || key.length !== KEY_BYTES) return undefined;
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, {authTagLength: TAG_BYTES})
    .setAAD(additional)
    .setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(Buffer.concat(text));
  } catch {
    return undefined;
  }
}

/** The words in front keep this from being anything else that is ever authenticated with the key. */
const additionalData = ({environment, name, expiresOn}: ValueContext): Buffer =>
  Buffer.from(JSON.stringify(['tako secret 2', environment, name, expiresOn]));

/** Undefined for what is no canonical base64: nothing is to be said in two ways. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}
