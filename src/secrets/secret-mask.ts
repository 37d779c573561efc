// Values of secrets in what is shown or kept: logs, problems, requests. They are replaced by their names, so that it can be
// seen which one stood there, and put back where a request is sent again.

/** Shorter ones stand for themselves in too many texts, as `true` and `3000` do. */
export const MIN_MASKED_LENGTH = 8;

export type SecretMask = {
  /** The text with `***NAME***` for each value. */
  mask(text: string): string;
  /** As `mask`, also for a value of which the end is cut off with the text. */
  maskCut(text: string): string;
  /** The values again, each as `write` writes it where it stands; as they are, if not given. */
  unmask(text: string, write?: (value: string) => string): string;
};

export const NO_MASK: SecretMask = {mask: text => text, maskCut: text => text, unmask: text => text};

type Known = {readonly name: string; readonly value: string};

/** Masks what the values are, and what becomes of them in JSON, in URLs, as bytes that are no text, and as single lines of a log. */
export function createSecretMask(secrets: Iterable<readonly [name: string, value: string]>): SecretMask {
  const known = [...secrets].flatMap(([name, value]) => writings(value).map(writing => ({name, value: writing})));
  // What another one is a part of has to go first.
  const sorted = known.sort((a, b) => b.value.length - a.value.length);
  if (sorted.length === 0) return NO_MASK;
  const mask = (text: string): string => sorted.reduce(replaceIn, text);
  const plain = new Map([...secrets].filter(([, value]) => value.length >= MIN_MASKED_LENGTH));
  return {
    mask,
    maskCut: text => maskEnd(mask(text), sorted),
    unmask: (text, write = value => value) =>
      text.replace(MASKED, (whole, name: string) => {
        const value = plain.get(name);
        return value === undefined ? whole : write(value);
      }),
  };
}

const MASKED = /\*\*\*([A-Z][A-Z0-9_]*)\*\*\*/g;
const maskOf = (name: string): string => `***${name}***`;

const replaceIn = (text: string, {name, value}: Known): string =>
  text.includes(value) ? text.replaceAll(value, maskOf(name)) : text;

function writings(value: string): readonly string[] {
  const lines = value.split(/\r?\n/);
  const bytes = Buffer.from(value).toString('latin1');
  const written = [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), bytes, ...lines];
  return [...new Set(written)].filter(writing => writing.length >= MIN_MASKED_LENGTH);
}

function maskEnd(text: string, known: readonly Known[]): string {
  for (const {name, value} of known) {
    for (let length = Math.min(value.length - 1, text.length); length >= MIN_MASKED_LENGTH; length--) {
      if (text.endsWith(value.slice(0, length))) return text.slice(0, -length) + maskOf(name);
    }
  }
  return text;
}
