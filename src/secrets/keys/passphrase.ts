import {pbkdf2} from 'node:crypto';
import {promisify} from 'node:util';
import {TakoError} from '../../system/error.js';
import {KEY_BYTES, type SecretKey} from '../value-cipher.js';

/** OWASP's number for PBKDF2 with SHA-256 (Password Storage Cheat Sheet, 2023), and that of the existing Tako: keys are the same. */
const ITERATIONS = 600_000;
const SALT_PREFIX = 'tako-secrets-v1:';

/** As long as makes sense against guessing when somebody has the file. */
const MIN_PASSPHRASE_LENGTH = 8;

/** The key that a passphrase makes for this id: always the same one. Throws PASSPHRASE_TOO_SHORT. */
export async function keyFromPassphrase(passphrase: string, id: string): Promise<SecretKey> {
  if (passphrase.length < MIN_PASSPHRASE_LENGTH) {
    throw new TakoError('PASSPHRASE_TOO_SHORT', `a passphrase has at least ${MIN_PASSPHRASE_LENGTH} characters`);
  }
  const salt = `${SALT_PREFIX}${id}`;
  return {id, bytes: await promisify(pbkdf2)(passphrase.normalize('NFC'), salt, ITERATIONS, KEY_BYTES, 'sha256')};
}
