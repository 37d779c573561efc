// How serious a line of an app's log is, where it says so: in the fields of structured logs, and in the places where
// loggers, compilers and runtimes put it. A word in the middle of a sentence is none, and most lines have no level.
//
// Every line of every app comes through here. Nothing is looked at twice or far into the line, and no pattern can go
// back over what it has passed: the longest line costs hardly more than a short one.

export type LogLevel = 'trace' | 'debug' | 'info' | 'warning' | 'error' | 'fatal';

/** From the least serious to the most. */
export const LOG_LEVELS: readonly LogLevel[] = ['trace', 'debug', 'info', 'warning', 'error', 'fatal'];

/** A line without a level is none that one looks for by its level. */
export const isAtLeast = (level: LogLevel | undefined, least: LogLevel): boolean =>
  level !== undefined && LOG_LEVELS.indexOf(level) >= LOG_LEVELS.indexOf(least);

export const isLogLevel = (value: unknown): value is LogLevel => LOG_LEVELS.includes(value as LogLevel);

/** What loggers call them. `fail` and four letters: .NET. `log`: Nest and PostgreSQL. */
const LEVEL_OF_WORD: ReadonlyMap<string, LogLevel> = new Map(
  Object.entries({
    trace: ['trace', 'trc', 'trce', 'silly', 'finest'],
    debug: ['debug', 'dbg', 'dbug', 'verbose', 'fine'],
    info: ['info', 'inf', 'information', 'notice', 'log'],
    warning: ['warning', 'warn', 'wrn'],
    error: ['error', 'err', 'severe', 'fail'],
    fatal: ['fatal', 'ftl', 'critical', 'crit', 'panic', 'dpanic', 'emerg', 'emergency', 'alert'],
  } satisfies Record<LogLevel, readonly string[]>).flatMap(([level, words]) =>
    words.map((word): [string, LogLevel] => [word, level as LogLevel]),
  ),
);

export const levelOfWord = (word: string): LogLevel | undefined => LEVEL_OF_WORD.get(word.toLowerCase());

/** Reads the lines of one stream: those that are indented belong to the one above, as those of a stack do. */
export function createLevelReader(): (text: string) => LogLevel | undefined {
  let above: LogLevel | undefined;
  return text => {
    above = detectLevel(text) ?? (INDENTED.test(text) ? above : undefined);
    return above;
  };
}

const INDENTED = /^[ \t]+\S/;

/** The level that a line says of itself. */
export function detectLevel(text: string): LogLevel | undefined {
  const line = text.includes('\x1b') ? text.replace(COLOUR, '') : text;
  if (line.startsWith('{')) return levelOfJson(line);
  const head = line.length > HEAD_LENGTH ? line.slice(0, HEAD_LENGTH) : line;
  return HINT.test(head) ? levelOfHead(head) : levelOfLetter(head);
}

const COLOUR = /\x1b\[[\d;:]*m/g;

/** Loggers write the level at the beginning; logfmt may have the time and a few fields before it. */
const HEAD_LENGTH = 240;

/** A line without any of these has no level: most lines are done with here. */
const HINT =
  /err|warn|wrn|inf|debug|dbg|dbug|trace|trc|fatal|ftl|crit|panic|exception|notice|verbose|log|severe|fail|emerg|alert|fine|silly|caused|unhandled|uncaught|deprecated|[\u2139\u2716\u2718\u26a0\u274c\u2a2f]/i;

const JSON_HINT = /"(?:@|log\.)?(?:level|lvl|severity|loglevel|log_level|level_?name|severity_?text)"|"log"/i;

function levelOfJson(line: string): LogLevel | undefined {
  if (!JSON_HINT.test(line)) return undefined;
  try {
    const fields: Record<string, unknown> = JSON.parse(line);
    const values = JSON_FIELDS.map(name => fields[name]);
    return levelOfValues([...values, (fields.log as {level?: unknown} | null | undefined)?.level]);
  } catch {
    return undefined;
  }
}

/** Names before numbers: where there are both, the numbers are the logger's own. */
const JSON_FIELDS = [
  ...['level_name', 'levelname', 'level', 'severity', 'lvl', 'loglevel', 'logLevel', 'log_level', 'log.level'],
  ...['@level', 'Level', 'LEVEL', 'Severity', 'severityText', 'SeverityText', 'severity_text'],
];

function levelOfValues(values: readonly unknown[]): LogLevel | undefined {
  const word = values.find(value => typeof value === 'string');
  if (word !== undefined) return levelOfWord(String(word));
  return levelOfNumber(values.find(value => typeof value === 'number'));
}

/** As pino and bunyan count: 10 is trace, 60 fatal; what is added between two belongs to the lower. */
const levelOfNumber = (value: unknown): LogLevel | undefined =>
  typeof value === 'number' && value >= 10 && value < 70 ? LOG_LEVELS[Math.floor(value / 10) - 1] : undefined;

/** `E1121 10:02:03.456 …` of glog, `E, [2026-11-21T…` of Ruby's Logger. */
const LETTER = /^(?:([IWEF])\d{4} \d\d:\d\d:|([DIWEF]), \[\d)/;
const LEVEL_OF_LETTER: Readonly<Record<string, LogLevel>> = {
  D: 'debug',
  I: 'info',
  W: 'warning',
  E: 'error',
  F: 'fatal',
};

function levelOfLetter(head: string): LogLevel | undefined {
  const [, glog, ruby] = LETTER.exec(head) ?? [];
  return LEVEL_OF_LETTER[glog ?? ruby ?? ''];
}

const levelOfHead = (head: string): LogLevel | undefined =>
  levelOfLetter(head) ?? levelOfLogfmt(head) ?? levelOfPhrase(head) ?? levelBehindPrefix(head);

const LOGFMT = /(?:^|\s)(?:level|lvl|severity|log_?level)="?([a-z]{3,11})"?(?:\s|$)/i;

function levelOfLogfmt(head: string): LogLevel | undefined {
  const word = LOGFMT.exec(head)?.[1];
  return word === undefined ? undefined : levelOfWord(word);
}

/** What runtimes and tools begin a report with. */
const PHRASES: readonly (readonly [RegExp, LogLevel])[] = [
  [/^(?:Traceback \(most recent call last\)|Exception in thread |Caused by: |Un(?:caught|handled) )/, 'error'],
  [/^thread '.{0,60}' (?:\(\d+\) )?panicked at /, 'error'],
  [/^(?:fatal error: |(?:PHP )?Fatal error: )/, 'fatal'],
  [/^(?:PHP )?Parse error: /, 'error'],
  [/^(?:PHP )?Deprecated: /, 'warning'],
  [/^npm (?:ERR!|error) /, 'error'],
  [/^npm (?:WARN|warn) /, 'warning'],
  [/^\s?ERR_[A-Z_]{3,}\s/, 'error'],
];

const levelOfPhrase = (head: string): LogLevel | undefined => PHRASES.find(([pattern]) => pattern.test(head))?.[1];

/** What may stand before the level: times, numbers, what is in brackets, a file and its line, signs. */
const PREFIX =
  /\s+|\d[\w:.,/+-]*|[AP]M\b|UTC\b|GMT\b|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b|\[[^[\]]{0,80}\]|\([^()]{0,80}\)|[\w./\\@-]{1,120}(?::\d+(?::\d+)?:?|\(\d+,\d+\):) (?:- )?|[\w.$]{1,60} - |[^\w\s[(]/y;

/** A row of dots or boxes is longer than any prefix. */
const MAX_PREFIXES = 16;

function levelBehindPrefix(head: string): LogLevel | undefined {
  let at = 0;
  let sign: LogLevel | undefined;
  for (let count = 0; count < MAX_PREFIXES && at < head.length; count++) {
    const level = levelAt(head, at);
    if (level !== undefined) return level;
    sign ??= LEVEL_OF_SIGN[head[at] ?? ''];
    PREFIX.lastIndex = at;
    if (!PREFIX.test(head)) break;
    at = PREFIX.lastIndex;
  }
  return sign;
}

/** The signs that tools put before what they say. */
const LEVEL_OF_SIGN: Readonly<Record<string, LogLevel>> = {
  '\u2139': 'info',
  '\u26a0': 'warning',
  '\u2716': 'error',
  '\u2718': 'error',
  '\u274c': 'error',
  '\u2a2f': 'error',
};

/** `[error]`, `[2026-11-21T10:02:03Z ERROR app]` */
const IN_BRACKETS = /[[(](?:\d[\w:.+-]*\s+(?=[A-Z]))?([A-Za-z]{3,11})(?=[\])]|\s+[\w:]+\])/y;
/** `ERROR something`, `ERROR - something`, `local.ERROR: something` */
const IN_CAPITALS = /(?:[a-z]+\.)?([A-Z]{3,11})(?=$|[\s:\]|[(!,-])/y;
/** `error: something`, `Error: something`, `error TS2304: something`, `error[E0382]: something` */
const BEFORE_COLON = /([A-Za-z]{3,11})(?=:|\[E\d+\]:| TS\d+:)/y;
/** `TypeError: something`, `java.io.IOException: something`, `AssertionError [ERR_ASSERTION]: something` */
const THROWN = /(?:Uncaught )?[A-Za-z_$][\w$.]{0,80}?(Error|Exception|Warning)(?=:| \[\w+\]:|$)/y;
/** `Internal server error: something` */
const PHRASE = /(?:[A-Za-z]{2,20} ){1,3}(error|exception|warning):(?=\s)/iy;

function levelAt(head: string, at: number): LogLevel | undefined {
  for (const pattern of [IN_BRACKETS, IN_CAPITALS, BEFORE_COLON]) {
    const level = levelOfWord(match(pattern, head, at) ?? '');
    if (level !== undefined) return level;
  }
  const kind = match(THROWN, head, at) ?? match(PHRASE, head, at);
  return kind === undefined ? undefined : kind.toLowerCase() === 'warning' ? 'warning' : 'error';
}

function match(pattern: RegExp, head: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(head)?.[1];
}
