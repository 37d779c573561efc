import {createHash} from 'node:crypto';

/** In hexadecimal. */
export const sha256Of = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Whether a text is a SHA-256 in lower-case hexadecimal. Nothing else may become the name of a file. */
export const isSha256 = (text: unknown): text is string => typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
