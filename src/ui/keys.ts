// The keys of the dev screen, as data: what is typed, the row of hints and the help are all read from one table.

export type KeyAction = 'restart' | 'open' | 'copy' | 'background' | 'help' | 'stop';

export type KeyBinding = {
  readonly action: KeyAction | 'focus';
  /** In lower case, the one to show first. */
  readonly keys: readonly [string, ...string[]];
  readonly hint: string;
  readonly help: string;
  /** The help where there are several apps, if it is another one. */
  readonly helpOfSeveral?: string;
  /** Hints with a higher rank are the first to go when the terminal is narrow. */
  readonly rank: number;
};

const KEYS: readonly KeyBinding[] = [
  {action: 'restart', keys: ['r'], hint: 'restart', help: 'restart the app', rank: 3},
  {action: 'open', keys: ['o'], hint: 'open', help: 'open it in the browser', rank: 4},
  {action: 'copy', keys: ['c'], hint: 'copy URL', help: 'copy its address', rank: 5},
  {
    action: 'background',
    keys: ['b'],
    hint: 'background',
    help: 'leave it running in the background',
    helpOfSeveral: 'leave all apps running in the background',
    rank: 6,
  },
  {action: 'help', keys: ['?'], hint: 'help', help: 'show or hide this help', rank: 1},
  {
    action: 'stop',
    keys: ['q', 'ctrl-c'],
    hint: 'stop',
    help: 'leave, and stop the app if nobody else wants it',
    helpOfSeveral: 'leave, and stop the apps that nobody else wants',
    rank: 0,
  },
];

/** Not typed as they are written here: `focusAfter` reads them. */
const FOCUS: KeyBinding = {
  action: 'focus',
  keys: ['tab', '1-9'],
  hint: 'next app',
  help: 'turn to another app; r, o and c are about that',
  rank: 2,
};

const KEYS_OF_SEVERAL: readonly KeyBinding[] = [FOCUS, ...KEYS];

/** The keys there are for so many apps. */
export const bindingsFor = (apps: number): readonly KeyBinding[] => (apps > 1 ? KEYS_OF_SEVERAL : KEYS);

export type Typed = {readonly ctrl: boolean; readonly meta: boolean};

/** What was asked for. Keys typed faster than they are read arrive as one input. */
export function actionsFor(input: string, {ctrl, meta}: Typed): KeyAction[] {
  const keys = meta ? [] : ctrl ? [`ctrl-${input}`] : [...input];
  const actions = keys.map(key => KEYS.find(({keys}) => keys.includes(key.toLowerCase()))?.action);
  return actions.filter(action => action !== undefined && action !== 'focus');
}

export type TypedTab = Typed & {readonly tab: boolean; readonly shift: boolean};

/** The app that is turned to, counted from 0: Tab takes the next one, Shift-Tab the one before, a digit that one. */
export function focusAfter(focus: number, input: string, typed: TypedTab, apps: number): number {
  if (typed.tab) return (focus + (typed.shift ? apps - 1 : 1)) % apps;
  const keys = typed.ctrl || typed.meta ? [] : [...input];
  const digit = keys.findLast(key => /[1-9]/.test(key) && Number(key) <= apps);
  return digit === undefined ? focus : Number(digit) - 1;
}

export const HINT_GAP = 2;

/** The hints that fit on one line, the dispensable ones left out. */
export function fitHints(columns: number, bindings: readonly KeyBinding[] = KEYS): readonly KeyBinding[] {
  const ranks = bindings.map(({rank}) => rank).sort((a, b) => a - b);
  const choices = ranks.map(highest => bindings.filter(({rank}) => rank <= highest));
  return choices.findLast(choice => widthOf(choice) <= columns) ?? [];
}

const widthOf = (bindings: readonly KeyBinding[]): number =>
  bindings.reduce((width, {keys, hint}) => width + keys[0].length + 1 + hint.length + HINT_GAP, -HINT_GAP);
