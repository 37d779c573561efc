// The keys of the dev screen, as data: what is typed, the row of hints, the help and docs/dev.md are all this table.

import type {Pane} from '../screen/layout.js';

export type KeyAction =
  | 'restart'
  | 'open'
  | 'copy'
  | 'lan'
  | 'inspector'
  | 'search'
  | 'last-error'
  | 'pause'
  | 'clear'
  | 'background'
  | 'help'
  | 'close-help'
  | 'quit'
  | 'dashboard'
  | 'app'
  | 'next-app'
  | 'previous-app'
  | 'only'
  | 'hide'
  | 'show-all'
  | 'times'
  | 'wrap'
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'first'
  | 'last'
  | 'next-pane'
  | 'previous-pane'
  | 'enter'
  | 'back'
  | 'next-match'
  | 'previous-match'
  | 'only-matches'
  | 'level'
  | 'replay'
  | 'find'
  | 'cancel'
  | 'erase'
  | 'erase-all';

/** Where keys are typed: with the log in the scrollback, on the whole screen, into the search, or over the help. */
export type KeyContext = 'strip' | 'dashboard' | 'search' | 'help';

export type KeyBinding = {
  readonly action: KeyAction;
  /** As `keysOf` names them, the one to show first. `1-9` stands for the digits. */
  readonly keys: readonly [string, ...string[]];
  readonly contexts: readonly KeyContext[];
  /** A word or two for the row of hints. Left out: it is in the help only. */
  readonly hint?: string;
  readonly help: string;
  /** The hint is worth its room only while the arrows are about this pane. */
  readonly hintIn?: Pane;
  /** Hints with a higher rank are the first to go when the terminal is narrow. */
  readonly rank?: number;
  /** Only where there are several apps. */
  readonly ofSeveral?: true;
};

const LOG: readonly KeyContext[] = ['strip', 'dashboard'];
const WHOLE: readonly KeyContext[] = ['dashboard', 'help'];
const EVERYWHERE: readonly KeyContext[] = ['strip', 'dashboard', 'search', 'help'];

/** In the order of the hints and the help. */
export const KEY_TABLE: readonly KeyBinding[] = [
  {action: 'restart', keys: ['r'], contexts: LOG, hint: 'restart', rank: 6, help: 'restart the app'},
  {action: 'open', keys: ['o'], contexts: LOG, hint: 'open', rank: 7, help: 'open it in the browser'},
  {action: 'copy', keys: ['c'], contexts: LOG, hint: 'copy URL', rank: 12, help: 'copy its address'},
  {
    action: 'lan',
    keys: ['l'],
    contexts: LOG,
    hint: 'LAN',
    rank: 13,
    help: 'let phones and other devices reach the apps, or no longer',
  },
  {
    action: 'inspector',
    keys: ['i'],
    contexts: LOG,
    hint: 'requests',
    rank: 9,
    help: 'its requests, in the browser; here where there is none',
  },
  {action: 'search', keys: ['/'], contexts: LOG, hint: 'search', rank: 8, help: 'search the log, or the requests'},
  {
    action: 'last-error',
    keys: ['e'],
    contexts: LOG,
    hint: 'last error',
    rank: 10,
    help: 'the last error and what was around it; again: the one before',
  },
  {action: 'pause', keys: ['p'], contexts: LOG, hint: 'pause', rank: 14, help: 'hold the log, or let it go on'},
  {action: 'clear', keys: ['x'], contexts: LOG, help: 'clear the log'},
  {action: 'times', keys: ['t'], contexts: LOG, help: 'show or hide when each line was written'},
  {action: 'wrap', keys: ['w'], contexts: LOG, help: 'wrap long lines, or cut them'},
  {
    action: 'app',
    keys: ['1-9'],
    contexts: LOG,
    help: 'the app that r, o and c are about; again: only its lines, or all',
    ofSeveral: true,
  },
  {action: 'next-app', keys: [']'], contexts: LOG, hint: 'app', rank: 11, help: 'the next app', ofSeveral: true},
  {action: 'previous-app', keys: ['['], contexts: LOG, help: 'the app before', ofSeveral: true},
  {action: 'only', keys: ['a'], contexts: LOG, help: 'only the lines of this app, or all', ofSeveral: true},
  {action: 'hide', keys: ['h'], contexts: LOG, help: 'hide the lines of this app, or show them', ofSeveral: true},
  {action: 'show-all', keys: ['0'], contexts: LOG, help: 'the lines of all apps', ofSeveral: true},
  {action: 'up', keys: ['up', 'k'], contexts: WHOLE, help: 'a line up'},
  {action: 'down', keys: ['down', 'j'], contexts: WHOLE, help: 'a line down'},
  {action: 'page-up', keys: ['pageup'], contexts: WHOLE, help: 'a page up'},
  {action: 'page-down', keys: ['pagedown', 'space'], contexts: WHOLE, help: 'a page down'},
  {action: 'first', keys: ['g', 'home'], contexts: WHOLE, help: 'to the first line that is kept'},
  {action: 'last', keys: ['G', 'end'], contexts: WHOLE, help: 'to the last line, and on with those to come'},
  {
    action: 'next-pane',
    keys: ['right'],
    contexts: ['dashboard'],
    hint: 'pane',
    rank: 3,
    help: 'from the apps to the log, and on to the requests',
  },
  {
    action: 'previous-pane',
    keys: ['left'],
    contexts: ['dashboard'],
    help: 'from the requests to the log, and to the apps',
  },
  {
    action: 'enter',
    keys: ['enter'],
    contexts: ['dashboard'],
    hint: 'open',
    hintIn: 'requests',
    rank: 4,
    help: 'a request in full; of the apps, only its lines',
  },
  {
    action: 'replay',
    keys: ['R'],
    contexts: ['dashboard'],
    hint: 'send again',
    hintIn: 'requests',
    rank: 5,
    help: 'send the chosen request again',
  },
  {action: 'next-match', keys: ['n'], contexts: ['dashboard'], help: 'the next match of the search, downwards'},
  {action: 'previous-match', keys: ['N'], contexts: ['dashboard'], help: 'the match before'},
  {action: 'only-matches', keys: ['m'], contexts: ['dashboard'], help: 'only the lines that match, or all'},
  {action: 'level', keys: ['v'], contexts: ['dashboard'], help: 'all lines, from warnings on, or errors only'},
  {
    action: 'back',
    keys: ['escape'],
    contexts: ['dashboard'],
    help: 'one step back: request, search, scrolling, full screen',
  },
  {
    action: 'background',
    keys: ['b'],
    contexts: LOG,
    hint: 'background',
    rank: 15,
    help: 'leave the apps running in the background',
  },
  {
    action: 'dashboard',
    keys: ['tab', 'f'],
    contexts: ['strip'],
    hint: 'full screen',
    rank: 2,
    help: 'apps, log and requests on the whole screen',
  },
  {
    action: 'dashboard',
    keys: ['tab', 'f'],
    contexts: ['dashboard'],
    hint: 'leave full screen',
    rank: 2,
    help: 'back to the log in the scrollback',
  },
  {action: 'find', keys: ['enter'], contexts: ['search'], hint: 'search', rank: 3, help: 'go to the match and read on'},
  {action: 'cancel', keys: ['escape'], contexts: ['search'], hint: 'cancel', rank: 2, help: 'leave the search'},
  {action: 'previous-match', keys: ['up'], contexts: ['search'], help: 'the match before'},
  {action: 'next-match', keys: ['down'], contexts: ['search'], help: 'the next match'},
  {action: 'erase', keys: ['backspace'], contexts: ['search'], help: 'erase a letter'},
  {action: 'erase-all', keys: ['ctrl-u'], contexts: ['search'], help: 'erase all of it'},
  {action: 'help', keys: ['?'], contexts: LOG, hint: 'help', rank: 1, help: 'this help'},
  {
    action: 'close-help',
    keys: ['?', 'escape', 'q', 'enter'],
    contexts: ['help'],
    hint: 'back',
    rank: 0,
    help: 'back from here',
  },
  {
    action: 'quit',
    keys: ['q'],
    contexts: LOG,
    hint: 'quit',
    rank: 0,
    help: 'leave, and stop the apps that nobody else wants',
  },
  {action: 'quit', keys: ['ctrl-c'], contexts: EVERYWHERE, help: 'the same'},
];

/** The keys that mean something there, with so many apps. */
export const bindingsFor = (context: KeyContext, apps: number): readonly KeyBinding[] =>
  KEY_TABLE.filter(({contexts, ofSeveral}) => contexts.includes(context) && (apps > 1 || !ofSeveral));

/**
 * What a key asks for there. A letter that means nothing itself is taken for its small one, as with Caps Lock; so `G` and
 * `R` differ from `g` and `r` only where both mean something.
 */
export function actionOf(key: string, context: KeyContext, apps: number): KeyAction | undefined {
  const bindings = bindingsFor(context, apps);
  const find = (name: string): KeyBinding | undefined => bindings.find(({keys}) => keys.includes(name));
  const name = /^[1-9]$/.test(key) ? '1-9' : key;
  return (find(name) ?? find(name.toLowerCase()))?.action;
}
