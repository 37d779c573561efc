import type {Random} from '../../helpers/random.js';

/** What parsers disagree on. */
const TELLING = [
  ...[
    '\r',
    '\n',
    '\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ',',
    ';',
    '\x0b',
    '\x7f',
    '\xa0',
    '_',
    '-',
    '"',
    '\\',
    '0',
    '1',
    '9',
    'a',
  ],
  ...['Content-Length: 3\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Host: other.test\r\n'],
  ...[
    'Connection: close\r\n',
    'Upgrade: h2c\r\n',
    'Expect: 100-continue\r\n',
    'chunked',
    '0\r\n\r\n',
    '\r\n\r\n',
    'HTTP/1.1',
  ],
];
const LONGEST_RUN = 300;

/** A message with one to four things about it changed. */
export function mutate(corpus: readonly string[], random: Random): string {
  let message = pick(corpus, random);
  for (let left = 1 + random.below(4); left > 0; left--) {
    message = (MUTATIONS[random.below(MUTATIONS.length)] as Mutation)(message, random, corpus);
  }
  return message;
}

/** Two to five pieces, cut at places that are found by chance. */
export function cutByChance(message: Buffer, random: Random): Buffer[] {
  const places = Array.from({length: 1 + random.below(4)}, () => random.below(message.length + 1)).sort(
    (a, b) => a - b,
  );
  return [0, ...places].map((start, index) => message.subarray(start, places[index] ?? message.length));
}

type Mutation = (message: string, random: Random, corpus: readonly string[]) => string;

const MUTATIONS: readonly Mutation[] = [
  flip,
  insert,
  insert,
  insert,
  remove,
  repeatLine,
  splice,
  lengthen,
  swapCase,
  spoilNumber,
];

function flip(message: string, random: Random): string {
  const at = random.below(message.length);
  return put(message, at, at + 1, String.fromCharCode((message.charCodeAt(at) ^ (1 << random.below(8))) & 0xff));
}

function insert(message: string, random: Random): string {
  const at = random.below(message.length + 1);
  return put(message, at, at, pick(TELLING, random));
}

function remove(message: string, random: Random): string {
  const at = random.below(message.length);
  return put(message, at, at + 1 + random.below(4), '');
}

function repeatLine(message: string, random: Random): string {
  const lines = message.split('\r\n');
  const at = random.below(lines.length);
  lines.splice(random.below(lines.length), 0, lines[at] ?? '');
  return lines.join('\r\n');
}

/** The beginning of one message and the end of another. */
function splice(message: string, random: Random, corpus: readonly string[]): string {
  const other = pick(corpus, random);
  return message.slice(0, random.below(message.length + 1)) + other.slice(random.below(other.length));
}

function lengthen(message: string, random: Random): string {
  const at = random.below(message.length + 1);
  const character = message[at] ?? 'a';
  return put(message, at, at, character.repeat(random.below(LONGEST_RUN)));
}

function swapCase(message: string, random: Random): string {
  const at = random.below(message.length);
  const character = message[at] ?? '';
  return put(
    message,
    at,
    at + 1,
    character === character.toLowerCase() ? character.toUpperCase() : character.toLowerCase(),
  );
}

/** Lengths and sizes are what bounds hang on. */
function spoilNumber(message: string, random: Random): string {
  const numbers = [...message.matchAll(/\d+/g)];
  const found = numbers[random.below(Math.max(1, numbers.length))];
  if (found === undefined) return message;
  const instead = ['', '00', '+3', '-1', '3, 3', '0x3', '3 ', ' 3', '1e1', '99999999999999999999', '4'];
  return put(message, found.index, found.index + found[0].length, pick(instead, random));
}

const put = (message: string, from: number, to: number, text: string): string =>
  message.slice(0, from) + text + message.slice(to);

const pick = <T>(list: readonly T[], random: Random): T => list[random.below(list.length)] as T;
