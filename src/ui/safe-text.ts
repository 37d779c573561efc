// Text from outside, made safe to print. An app's lines arrive clean, but a JSON line may spell an escape sequence as
// \u001b and so hide it until it is parsed.

const COLOUR = String.raw`\x1b\[[\d;:]*m`;
/** All but tab and newline. */
const CONTROL_CHARACTER = String.raw`[\x00-\x08\x0b-\x1f\x7f-\x9f]`;
/** What moves the cursor, erases, or sets a title (ECMA-48, 5.4 and 8.3.89). */
const SEQUENCE = String.raw`(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)`;
const UNSAFE = new RegExp(`(?<colour>${COLOUR})|${SEQUENCE}|${CONTROL_CHARACTER}`, 'g');
const RESET = '\x1b[0m';

/** Keeps tabs, newlines and, if wanted, colours; these end where the text does. */
export function safeText(text: string, {isColour}: {readonly isColour: boolean}): string {
  const clean = text.replace(UNSAFE, (_, colour: string | undefined) => (isColour ? (colour ?? '') : ''));
  return clean.includes('\x1b') ? clean + RESET : clean;
}
