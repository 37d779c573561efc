import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';
import {TakoError} from '../../system/error.js';

/** No secret, nor all of an environment as text, is larger; of more, not even the end is waited for. */
const MAX_INPUT_BYTES = 4 * 1024 * 1024;

/** All of stdin without its last line end; asked for, unseen, on a terminal. Throws INPUT_INVALID and CANCELLED. */
export async function readSecretInput(question: string): Promise<string> {
  return process.stdin.isTTY ? askUnseen(question) : withoutLastLineEnd(await readStdin());
}

/** Throws INPUT_INVALID for what is no UTF-8 or too much. */
export async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    bytes += (chunk as Buffer).length;
    if (bytes > MAX_INPUT_BYTES) throw new TakoError('INPUT_INVALID', `stdin has more than ${MAX_INPUT_BYTES} bytes`);
  }
  return decodeInput(Buffer.concat(chunks), 'stdin');
}

/** Throws INPUT_INVALID. */
export function decodeInput(bytes: Uint8Array, from: string): string {
  try {
    return new TextDecoder('utf-8', {fatal: true}).decode(bytes);
  } catch {
    throw new TakoError('INPUT_INVALID', `${from} is not valid UTF-8`);
  }
}

/** One: `echo` and editors add it, and what else is there belongs to the value. */
export const withoutLastLineEnd = (text: string): string => text.replace(/\r?\n$/, '');

async function askUnseen(question: string): Promise<string> {
  process.stderr.write(question);
  const unseen = new Writable({write: (_chunk, _encoding, done) => done()});
  const terminal = createInterface({input: process.stdin, output: unseen, terminal: true});
  try {
    const left = new Promise<undefined>(resolve =>
      terminal.once('SIGINT', terminal.close).once('close', () => resolve(undefined)),
    );
    const answer = await Promise.race([terminal.question('').catch(() => undefined), left]);
    if (answer === undefined) throw new TakoError('CANCELLED', 'nothing was changed');
    return answer;
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
