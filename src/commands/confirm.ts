import {createInterface} from 'node:readline/promises';
import {TakoError} from '../system/error.js';

/** Asks once on the terminal. Throws CONFIRMATION_NEEDED where there is none, CANCELLED for a no. */
export async function confirm(question: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new TakoError('CONFIRMATION_NEEDED', 'there is no terminal to ask on', {hint: 'pass --yes to go ahead'});
  }
  const terminal = createInterface({input: process.stdin, output: process.stderr});
  try {
    // At Ctrl-C, Ctrl-D or a terminal that goes away readline leaves the question open for ever, or rejects it.
    const left = new Promise<string>(resolve =>
      terminal.once('SIGINT', terminal.close).once('close', () => resolve('')),
    );
    const answer = await Promise.race([terminal.question(`${question} [y/N] `).catch(() => ''), left]);
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new TakoError('CANCELLED', 'nothing was changed');
  } finally {
    terminal.close();
  }
}
