// An app's output between the app and the server process. What a server process has taken is forgotten. While there is
// room, nothing is lost; without room the app is held up by its own full pipe as long as somebody reads, and else the
// oldest lines go.

import {MAX_LINE_BYTES} from '../../supervisor/output.js';

export type OutputStream = 'stdout' | 'stderr';
export type OutputLine = {readonly sequence: number; readonly stream: OutputStream; readonly text: string};

/** Where the output goes. */
export type OutputSink = {
  line(line: OutputLine): void;
  /** Nothing more comes of the stream. */
  end(stream: OutputStream): void;
};

export type OutputBuffer = {
  append(stream: OutputStream, text: string): void;
  end(stream: OutputStream): void;
  /** Resolves when there is room for more, which may be at once. */
  room(): Promise<void>;
  /** From here on it goes there, with all that nobody has taken yet first. Undefined: nowhere. */
  direct(sink: OutputSink | undefined): void;
  /** As `direct`, to where it went before the state was taken: what was given there is not given again. */
  resume(sink: OutputSink): void;
  taken(sequence: number): void;
  state(): OutputState;
};

/** What another buffer needs to go on. */
export type OutputState = {
  /** Those that nobody has taken. */
  readonly lines: readonly OutputLine[];
  readonly lastSequence: number;
  readonly lastGiven: number;
  readonly lastTaken: number;
  readonly ended: readonly OutputStream[];
};

const EMPTY: OutputState = {lines: [], lastSequence: 0, lastGiven: 0, lastTaken: 0, ended: []};

/** What is kept of one app. */
export const KEPT_BYTES = 256 * 1024;

/** A line in memory is an object beside its text. Measured: 90 bytes for the shortest. */
const LINE_BYTES = 96;

/** A server process that takes nothing for this long does not hold up an app any more. */
const STUCK_AFTER_MS = 10_000;

export function createOutputBuffer(stuckAfterMs = STUCK_AFTER_MS, before = EMPTY): OutputBuffer {
  let lines = [...before.lines];
  let bytes = lines.reduce((sum, line) => sum + sizeOf(line), 0);
  let {lastSequence, lastTaken} = before;
  /** Of what the sink has been given. */
  let {lastGiven} = before;
  let sink: OutputSink | undefined;
  /** The sink takes nothing: it is given nothing either, so that this does not pile up elsewhere. */
  let isStuck = false;
  const ended = new Set<OutputStream>(before.ended);
  let waiting: (() => void)[] = [];

  const wake = (): void => {
    const woken = waiting;
    waiting = [];
    for (const resume of woken) resume();
  };
  const give = (line: OutputLine): void => {
    if (!sink || isStuck) return;
    lastGiven = line.sequence;
    sink.line(line);
  };
  const forget = (count: number): void => {
    for (const line of lines.slice(0, count)) bytes -= sizeOf(line);
    lines = lines.slice(count);
  };
  /** A quarter at once, so that a flood does not move the rest for every line. */
  const dropOldest = (): void => forget(Math.ceil(lines.length / 4));
  const isHeld = (): boolean => sink !== undefined && !isStuck && bytes >= KEPT_BYTES;
  /** What has come since the sink got stuck or was not there, and the word of what is missing before it. */
  const catchUp = (): void => {
    isStuck = false;
    if (!sink) return;
    const last = Math.max(lastGiven, lastTaken);
    const missed = lines.filter(({sequence}) => sequence > last);
    const first = missed[0]?.sequence ?? lastSequence + 1;
    const dropped = first - 1 - last;
    const text = `[${dropped} lines dropped, as nobody took them]`;
    if (dropped > 0) give({sequence: first - 1, stream: 'stderr', text});
    for (const line of missed) give(line);
  };

  const attach = (next: OutputSink | undefined): void => {
    sink = next;
    catchUp();
    for (const stream of ended) sink?.end(stream);
    wake();
  };

  return {
    append: (stream, text) => {
      const line = {sequence: ++lastSequence, stream, text: fitLine(text)};
      lines.push(line);
      bytes += sizeOf(line);
      give(line);
      while (bytes > KEPT_BYTES && !isHeld()) dropOldest();
    },
    end: stream => {
      ended.add(stream);
      if (!isStuck) sink?.end(stream);
    },
    room: async () => {
      if (!isHeld()) return;
      const timer = setTimeout(() => {
        isStuck = true;
        wake();
      }, stuckAfterMs).unref();
      await new Promise<void>(resolve => waiting.push(resolve));
      clearTimeout(timer);
    },
    direct: next => {
      lastGiven = 0;
      attach(next);
    },
    resume: attach,
    state: () => ({lines, lastSequence, lastGiven, lastTaken, ended: [...ended]}),
    taken: sequence => {
      const kept = lines.findIndex(line => line.sequence > sequence);
      forget(kept < 0 ? lines.length : kept);
      lastTaken = Math.min(Math.max(lastTaken, sequence), lastSequence);
      if (isStuck) {
        catchUp();
        for (const stream of ended) sink?.end(stream);
      }
      wake();
    },
  };
}

const sizeOf = ({text}: OutputLine): number => Buffer.byteLength(text) + LINE_BYTES;

/** Who reads the line cuts it where we do: the words on what was cut have to fit too. */
const MAX_TEXT_BYTES = MAX_LINE_BYTES - 64;

const CUT = /^(.*) \[(\d+) bytes cut\]$/s;

function fitLine(text: string): string {
  if (Buffer.byteLength(text) <= MAX_TEXT_BYTES) return text;
  const [, whole = text, cut = '0'] = CUT.exec(text) ?? [];
  const kept = Buffer.from(whole)
    .subarray(0, MAX_TEXT_BYTES)
    .toString('utf8')
    .replace(/\ufffd+$/, '');
  return `${kept} [${Number(cut) + Buffer.byteLength(whole) - Buffer.byteLength(kept)} bytes cut]`;
}
