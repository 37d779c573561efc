import type {ShellCommand} from '../exec.js';

/**
 * One thing that tako wants of this machine, with all that brings it about and all that takes it back. It is a value: shown
 * before anything is done, kept on record while it stands, compared with what the machine has.
 */
export type Change = {
  /** One of a kind: `names-resolved`. The record is kept under it. */
  readonly id: string;
  /** What it brings, in a sentence's second half: `ask tako for .test names (systemd-resolved)`. */
  readonly title: string;
  readonly files: readonly FileEdit[];
  /** Run after the files are written, in order: what reads them is told. */
  readonly apply: readonly ShellCommand[];
  /** Run before the files are put back: `systemctl disable --now`. */
  readonly beforeUndo: readonly ShellCommand[];
  /** Run after the files are put back. */
  readonly afterUndo: readonly ShellCommand[];
  /** False: it was applied once and does not hold by now, as after a restart of the machine. It is applied again. */
  readonly isInEffect?: boolean;
};

/** A file that is all tako's, or a marked block in one of somebody else's, whose other lines stay. */
export type FileEdit = {
  readonly path: string;
  readonly elevated: boolean;
} & ({readonly content: string} | {readonly block: readonly string[]});

/** What begins and ends tako's lines in a file of somebody else's. */
const BLOCK = {
  begin: '# tako begin (written by "tako setup"; "tako setup --undo" takes it out)',
  end: '# tako end',
} as const;

/** What the file is to have, given what it has; undefined where there is no file. */
export function contentAfter(edit: FileEdit, before: string | undefined): string {
  return 'content' in edit ? edit.content : withBlock(before ?? '', edit.block);
}

/** The text with these lines as its only block, at its end where it had none. */
export function withBlock(text: string, lines: readonly string[]): string {
  const rest = withoutBlock(text);
  const start = rest === '' || rest.endsWith('\n') ? rest : `${rest}\n`;
  return `${start}${[BLOCK.begin, ...lines, BLOCK.end].join('\n')}\n`;
}

/** The text without tako's block; every other byte stays. A block whose end is missing is no block. */
export function withoutBlock(text: string): string {
  const block = findBlock(text);
  return block ? text.slice(0, block.begin) + text.slice(block.end + BLOCK.end.length).replace(/^\r?\n/, '') : text;
}

/** tako's block, without which `withoutBlock` leaves the text; empty where there is none. */
export function blockOf(text: string): string {
  const block = findBlock(text);
  return block ? text.slice(block.begin, block.end) : '';
}

/** Where its first and its last line begin. */
function findBlock(text: string): {readonly begin: number; readonly end: number} | undefined {
  const begin = startOfLine(text, BLOCK.begin, 0);
  const end = begin < 0 ? -1 : startOfLine(text, BLOCK.end, begin);
  return end < 0 ? undefined : {begin, end};
}

/** Where a line that is this and nothing more begins; -1 where there is none. */
function startOfLine(text: string, line: string, from: number): number {
  for (let at = text.indexOf(line, from); at >= 0; at = text.indexOf(line, at + 1)) {
    const rest = text.slice(at + line.length);
    if ((at === 0 || text[at - 1] === '\n') && /^(?:\r?\n|$)/.test(rest)) return at;
  }
  return -1;
}
