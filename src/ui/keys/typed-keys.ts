// What Ink tells of the keyboard, as names: `r`, `ctrl-c`, `pageup`.

import type {Key as InkKey} from 'ink';

const NAMED = [
  ['tab', 'tab'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
  ['home', 'home'],
  ['end', 'end'],
  ['backspace', 'backspace'],
  // Some terminals send for Backspace what others send for Delete.
  ['delete', 'backspace'],
] as const satisfies readonly (readonly [keyof InkKey, string])[];

export type TypedInput = Partial<Pick<InkKey, (typeof NAMED)[number][0] | 'ctrl' | 'meta'>>;

/** The keys of one input, in order: those typed faster than they are read arrive at once. Alt and a key mean nothing. */
export function keysOf(input: string, typed: TypedInput): readonly string[] {
  const named = NAMED.find(([flag]) => typed[flag]);
  if (named) return [named[1]];
  if (typed.meta) return [];
  if (typed.ctrl) return [`ctrl-${input}`];
  return [...input].map(nameOf).filter(key => key !== undefined);
}

/** What of a hurried input is no letter arrives as its control character. */
const CONTROL_NAMES: Readonly<Record<string, string>> = {
  ' ': 'space',
  '\t': 'tab',
  '\r': 'enter',
  '\n': 'enter',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x03': 'ctrl-c',
  '\x15': 'ctrl-u',
};

const nameOf = (character: string): string | undefined =>
  CONTROL_NAMES[character] ?? (/[\x00-\x1f\x80-\x9f]/.test(character) ? undefined : character);
