import {z} from 'zod';
import {TakoError} from '../../system/error.js';
import {decodeBase64, KEY_BYTES, type SecretKey} from '../value-cipher.js';

const VERSION = 1;

const exported = z.object({
  version: z.literal(VERSION),
  id: z.string().regex(/^[0-9a-f]{16}$/),
  key: z.string(),
});

/** A key as one word, for another machine: base64url of JSON, as the existing Tako has it. */
export const renderExportedKey = ({id, bytes}: SecretKey): string =>
  Buffer.from(JSON.stringify({version: VERSION, id, key: Buffer.from(bytes).toString('base64')})).toString('base64url');

/** Throws SECRET_KEY_INVALID, which does not say what was given. */
export function parseExportedKey(text: string): SecretKey {
  const parsed = exported.safeParse(decodeJson(text.trim()));
  const bytes = parsed.success ? decodeBase64(parsed.data.key) : undefined;
  if (!parsed.success || bytes?.length !== KEY_BYTES) throw notAKey();
  return {id: parsed.data.id, bytes};
}

function decodeJson(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

const notAKey = (): TakoError =>
  new TakoError('SECRET_KEY_INVALID', 'what was given is no exported key', {
    hint: 'pass what "tako secrets key export" has printed, or use --passphrase',
  });
