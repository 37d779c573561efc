// A terminal to look at: what is written to it becomes rows, as far as Ink's sequences go (cursor up, to the first
// column, erase line), and what is typed arrives at its stdin. Rows above the window stay, as scrollback does.

import {PassThrough, Writable} from 'node:stream';

export type FakeTerminal = {
  readonly stdin: PassThrough & {isRaw: boolean};
  readonly stdout: Writable & {readonly isTTY: true};
  /** Scrollback and window, without colours. */
  text(): string;
  /** Everything that was written. */
  written(): string;
  type(keys: string): void;
};

export function createFakeTerminal({columns = 80, rows = 24} = {}): FakeTerminal {
  const screen = createRows();
  let written = '';
  const stdout = new Writable({
    decodeStrings: false,
    write(chunk, _encoding, done) {
      written += chunk;
      screen.write(String(chunk));
      done();
    },
  });
  const stdin = Object.assign(new PassThrough({encoding: 'utf8'}), {
    isTTY: true,
    isRaw: false,
    setRawMode(isRaw: boolean) {
      stdin.isRaw = isRaw;
      return stdin;
    },
    ref: () => stdin,
    unref: () => stdin,
  });
  return {
    stdin,
    stdout: Object.assign(stdout, {isTTY: true as const, columns, rows}),
    text: screen.text,
    written: () => written,
    type: keys => void stdin.write(keys),
  };
}

const SEQUENCE = /\x1b\[(?<count>\d*)(?<action>[AGK])|\x1b\[[\d;?]*[A-Za-z]|\x1b\][^\x07]*\x07|\n|\r|[^\x1b\n\r]+/g;

function createRows() {
  const rows = [''];
  let row = 0;
  let column = 0;
  const put = (text: string): void => {
    const line = (rows[row] ?? '').padEnd(column);
    rows[row] = line.slice(0, column) + text + line.slice(column + text.length);
    column += text.length;
  };
  const move = (rowDelta: number, toColumn: number): void => {
    row = Math.max(0, row + rowDelta);
    column = toColumn;
    while (rows.length <= row) rows.push('');
  };
  const write = (chunk: string): void => {
    for (const {0: part, groups = {}} of chunk.matchAll(SEQUENCE)) {
      if (groups.action === 'A') move(-Number(groups.count || 1), column);
      else if (groups.action === 'G') move(0, 0);
      else if (groups.action === 'K') rows[row] = '';
      else if (part === '\n') move(1, 0);
      else if (part === '\r') move(0, 0);
      else if (!part.startsWith('\x1b')) put(part);
    }
  };
  return {write, text: () => rows.map(line => line.trimEnd()).join('\n')};
}
