// What hostile or careless output has in it, and a terminal that shows what would come of it.

import {columnsOf, graphemesOf} from '../../../src/ui/text/width.js';

/** Sequences that would do something to a terminal, by what they would do. None is a colour. */
export const HOSTILE: Readonly<Record<string, string>> = {
  'moves the cursor up': '\x1b[5A',
  'moves the cursor home': '\x1b[H',
  'moves the cursor by 8-bit control': '\x9b2;2H',
  'clears the screen': '\x1b[2J',
  'clears the scrollback': '\x1b[3J',
  'scrolls the screen': '\x1b[3S',
  'changes the region that scrolls': '\x1b[1;3r',
  'saves and restores the cursor': '\x1b7\x1b8\x1b[s\x1b[u',
  'enters the alternate screen': '\x1b[?1049h',
  'turns the mouse on': '\x1b[?1000h\x1b[?1006h',
  'hides the cursor': '\x1b[?25l',
  'asks the terminal for its kind, to be typed': '\x1b[c\x1b[>c\x1b[6n',
  'sets the keyboard': '\x1b[>4;2m\x1b[=1u',
  'resets the terminal': '\x1bc',
  'resets the terminal softly': '\x1b[!p',
  'changes the character set': '\x1b(0\x1b)0\x0e\x0f',
  'indexes in reverse': '\x1bM\x1bD\x1bE\x8d\x84\x85',
  'sets the title': '\x1b]0;owned\x07\x1b]2;owned\x1b\\',
  'sets the title by 8-bit controls': '\x9d0;owned\x9c',
  'sets the clipboard': '\x1b]52;c;cm0gLXJmIH4=\x07',
  'makes a link': '\x1b]8;;https://evil.test\x1b\\here\x1b]8;;\x1b\\',
  'makes a link that is never closed': '\x1b]8;;https://evil.test\x07',
  'makes a notification': '\x1b]9;owned\x07\x1b]777;notify;a;b\x07',
  'changes the palette': '\x1b]4;1;rgb:00/00/00\x07\x1b]104\x07',
  'shows a picture': '\x1bPq#0;2;0;0;0#0~~\x1b\\',
  'shows a picture of iTerm': '\x1b]1337;File=inline=1:AAAA\x07',
  'defines keys': '\x1bP1;1|17/6c730a\x1b\\',
  'passes through tmux': '\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\',
  'sends an application command': '\x1b_Gf=100;AAAA\x1b\\\x9fx\x9c',
  'sends a privacy message': '\x1b^x\x1b\\\x9ex\x9c',
  'begins a string without an end': '\x1b]0;never ends',
  'begins a string without an end, by 8-bit control': '\x90never ends',
  'begins a sequence without an end': '\x1b[',
  'has a sequence in a sequence': '\x1b[\x1b[2J',
  'has a wrong end': '\x1b[12\u00e9A',
  rings: '\x07',
  'goes back': 'abc\b\b\b\b\b\b\b\b',
  'overwrites the line': 'web is fine\rweb is not',
  'goes down': '\v\f',
  'has NUL and DEL': '\0\x7f',
  'turns the direction': '\u202edlrow\u202c\u2066\u2069\u200f\u061c',
  'separates lines as Unicode does': 'a\u2028b\u2029c\u0085d',
  'hides text': 'a\u{e0041}\u{e0042}\u00ad\u200b\u2060b',
  'writes over the lines around': `a${'\u0301'.repeat(500)}`,
  'has half a character': 'a\ud800b\udc00',
  'blinks and hides': '\x1b[5mblink\x1b[8mhidden',
  'never ends its colours': '\x1b[41;5;1m',
  'has colours of any kind': '\x1b[38;5;300m\x1b[38;2;1m\x1b[58;2;1;2;3m\x1b[4:3m\x1b[38:2::1:2:3m\x1b[m',
};

export type Drawn = {
  /** The columns of each row that was written on, as far as characters reach. */
  readonly columns: readonly number[];
  readonly text: string;
  /** Everything it was told beside characters, newlines, looks and links that are closed. */
  readonly commands: readonly string[];
  /** Whether a look or a link goes on behind the end. */
  readonly isOpen: boolean;
};

const TOKEN =
  /\x1b\[(?<look>[\d;]*)m|\x1b\]8;(?:id=\w+)?;(?<link>[!-~]*)\x1b\\|(?<newline>\n)|(?<characters>[^\p{Control}]+)|\p{Control}/gu;

/** A terminal that understands what we write; all else it is told is a command. */
export function draw(written: string): Drawn {
  const commands: string[] = [];
  const rows = [''];
  let looks: readonly string[] = [];
  let isLinked = false;
  for (const {0: token, groups = {}} of written.matchAll(TOKEN)) {
    if (groups.look !== undefined) looks = groups.look.split(';').reduce(lookAfter, looks);
    else if (groups.link !== undefined) isLinked = groups.link !== '';
    else if (groups.newline !== undefined) rows.push('');
    else if (groups.characters !== undefined) rows[rows.length - 1] += groups.characters;
    else commands.push(token);
  }
  return {columns: rows.map(columnsOf), text: rows.join('\n'), commands, isOpen: looks.length > 0 || isLinked};
}

/** What is still to be ended, as the parameters that began it: those of extended colours among them, as if each were one. */
function lookAfter(looks: readonly string[], parameter: string): readonly string[] {
  const ended = ENDED.get(parameter);
  return ended ? looks.filter(look => !ended.test(look)) : [...looks, parameter];
}

const ENDED: ReadonlyMap<string, RegExp> = new Map([
  ['0', /./],
  ['22', /^[12]$/],
  ['27', /^7$/],
  ['39', /^[39]\d$/],
]);

/** The most marks that stand on one character. */
export const mostMarks = (text: string): number =>
  Math.max(0, ...[...graphemesOf(text)].map(({text}) => text.match(/\p{Mark}/gu)?.length ?? 0));
