// Text from outside, made safe to print. An app's lines arrive clean, but a JSON line may spell an escape sequence as
// \u001b and so hide it until it is parsed.

const COLOUR = String.raw`\x1b\[[\d;:]*m`;
/** All but tab and newline. */
const CONTROL_CHARACTER = String.raw`[\x00-\x08\x0b-\x1f\x7f-\x9f]`;
const UNSAFE = new RegExp(`${COLOUR}|${CONTROL_CHARACTER}`, 'g');
const RESET = '\x1b[0m';

/** Keeps tabs, newlines and, if wanted, colours; these end where the text does. */
export function safeText(text: string, {isColour}: {readonly isColour: boolean}): string {
  const clean = text.replace(UNSAFE, match => (isColour && match.endsWith('m') ? match : ''));
  return clean.includes('\x1b') ? clean + RESET : clean;
}
