// The keys of the dev screen, as data: what is typed, the row of hints and the help are all read from one table.

export type KeyAction = 'restart' | 'open' | 'copy' | 'background' | 'help' | 'stop';

export type KeyBinding = {
  readonly action: KeyAction;
  /** In lower case, the one to show first. */
  readonly keys: readonly [string, ...string[]];
  readonly hint: string;
  readonly help: string;
  /** Hints with a higher rank are the first to go when the terminal is narrow. */
  readonly rank: number;
};

export const KEYS: readonly KeyBinding[] = [
  {action: 'restart', keys: ['r'], hint: 'restart', help: 'restart the app', rank: 2},
  {action: 'open', keys: ['o'], hint: 'open', help: 'open it in the browser', rank: 3},
  {action: 'copy', keys: ['c'], hint: 'copy URL', help: 'copy its address', rank: 4},
  {action: 'background', keys: ['b'], hint: 'background', help: 'leave it running in the background', rank: 5},
  {action: 'help', keys: ['?'], hint: 'help', help: 'show or hide this help', rank: 1},
  {action: 'stop', keys: ['q', 'ctrl-c'], hint: 'stop', help: 'stop the app and leave', rank: 0},
];

export type Typed = {readonly ctrl: boolean; readonly meta: boolean};

/** What was asked for. Keys typed faster than they are read arrive as one input. */
export function actionsFor(input: string, {ctrl, meta}: Typed): KeyAction[] {
  const keys = meta ? [] : ctrl ? [`ctrl-${input}`] : [...input];
  return keys.flatMap(key => KEYS.find(({keys}) => keys.includes(key.toLowerCase()))?.action ?? []);
}

export const HINT_GAP = 2;

/** The hints that fit on one line, the dispensable ones left out. */
export function fitHints(columns: number): readonly KeyBinding[] {
  const choices = KEYS.map((_, rank) => KEYS.filter(binding => binding.rank <= rank));
  return choices.findLast(bindings => widthOf(bindings) <= columns) ?? [];
}

const widthOf = (bindings: readonly KeyBinding[]): number =>
  bindings.reduce((width, {keys, hint}) => width + keys[0].length + 1 + hint.length + HINT_GAP, -HINT_GAP);
