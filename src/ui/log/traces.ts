// What the stack traces of languages look like, so that one stays together and is searched, repeated and found as one.

type Language = {
  /** The line that it begins with. */
  readonly head: RegExp;
  /** Whether it goes on with this line, after that one. */
  readonly goesOn: (line: string, before: string) => boolean;
};

/** What a thrown error says of itself: `TypeError: x is not a function`, `java.io.IOException: no`. */
const ERROR_LINE =
  /^(?:Uncaught |Unhandled |\[?\w* ?error\]? )?[\w$.]*(?:Error|Exception|Throwable)\b(?: \[\w+\])?(?::|$)/;
const isIndented = (line: string): boolean => /^\s+\S/.test(line);

/** Of JavaScript, Java, Kotlin and C#: a line of a place in the code makes the line before it an error's. */
const FRAME = /^\s+at \S/;
const FRAMES: Language = {
  head: FRAME,
  goesOn: line => isIndented(line) || /^(?:Caused by: |\}|\])/.test(line),
};

/** Node, of an error that nobody caught: where it was thrown, the line of code, a caret, then the error itself. */
const UNCAUGHT: Language = {
  head: /^(?:file:\/\/|node:|\/|[A-Za-z]:\\)\S*:\d+$/,
  goesOn: (line, before) =>
    UNCAUGHT.head.test(before) ||
    isIndented(line) ||
    /^(?:\^+|\}|\]|)$/.test(line) ||
    (before === '' && /^(?:[\w$.]+(?: \[\w+\])?(?:: |$)|Uncaught |Node\.js v)/.test(line)),
};

/** The last line is the first that is not indented. Another trace may follow it, said to be its cause. */
const PYTHON: Language = {
  head: /^(?:Traceback \(most recent call last\):| {2}File ".*", line \d+)$/,
  goesOn: (line, before) =>
    isIndented(line) ||
    (line === '' ? !isIndented(before) : isIndented(before)) ||
    (before === '' && /^(?:Traceback \(|During handling of |The above exception was )/.test(line)),
};

const GO: Language = {
  head: /^(?:panic: |fatal error: )/,
  goesOn: line =>
    line === '' ||
    /^(?:\t|goroutine \d+ |\[signal |created by |exit status \d|\.\.\.|panic: |runtime[:.])/.test(line) ||
    GO_CALL.test(line),
};
/** `main.(*Server).serve(0xc000010000, {0x1, 0x2})` */
const GO_CALL = /^[\w./*()[\]{}$@~·-]+\(.*\)$/;

const RUST: Language = {
  head: /^thread '.*' (?:\(\d+\) )?panicked at /,
  goesOn: (line, before) => RUST.head.test(before) || isIndented(line) || /^(?:note: |stack backtrace:)/.test(line),
};

const RUBY: Language = {
  head: /^\S+\.rb:\d+:in .*: .*\([\w:]+\)$/,
  goesOn: isIndented,
};

const LANGUAGES = [UNCAUGHT, PYTHON, GO, RUST, RUBY];

/** A trace that is being read, up to its last line. */
export type Trace = {readonly language: Language; readonly last: string};

export type TraceStep = {
  /** The trace of which the line is a part. */
  readonly trace: Trace | undefined;
  /** Whether the line before is a part of it too. */
  readonly joins: boolean;
};

/** Reads the line that follows, after the trace of which the line before it was a part. */
export function readTrace(before: Trace | undefined, line: string): TraceStep {
  if (before?.language.goesOn(line, before.last)) return {trace: {language: before.language, last: line}, joins: true};
  if (FRAME.test(line)) return {trace: {language: FRAMES, last: line}, joins: true};
  const language = LANGUAGES.find(({head}) => head.test(line));
  return {trace: language && {language, last: line}, joins: false};
}

/** Whether it is what an error says of itself, so that its trace may follow. */
export const isErrorLine = (line: string): boolean => ERROR_LINE.test(line);
