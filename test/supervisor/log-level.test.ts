import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {createLevelReader, detectLevel, isAtLeast, LOG_LEVELS, type LogLevel} from '../../src/supervisor/log-level.js';
import {runs} from '../helpers/soak.js';

/** Lines as programs write them. */
const LINES: readonly (readonly [LogLevel | undefined, string, string])[] = [
  ['info', 'pino', '{"level":30,"time":1732183323456,"pid":7,"hostname":"a","msg":"listening"}'],
  ['fatal', 'pino', '{"level":60,"time":1732183323456,"msg":"gone"}'],
  ['info', 'pino with a level of its own', '{"level":35,"msg":"said"}'],
  ['warning', 'bunyan', '{"name":"web","hostname":"a","pid":7,"level":40,"msg":"slow","v":0}'],
  ['error', 'winston', '{"level":"error","message":"no database"}'],
  ['trace', 'winston', '{"level":"silly","message":"x"}'],
  ['fatal', 'zap', '{"level":"dpanic","ts":1732183323.4,"caller":"main.go:3","msg":"x"}'],
  ['warning', 'slog', '{"time":"2026-11-21T10:02:03Z","level":"WARN","msg":"x"}'],
  ['info', 'Google Cloud', '{"severity":"NOTICE","message":"x"}'],
  ['fatal', 'Monolog', '{"message":"x","level":500,"level_name":"CRITICAL","channel":"app"}'],
  ['error', 'Elastic', '{"@timestamp":"2026-11-21T10:02:03Z","log.level":"ERROR","message":"x"}'],
  ['error', 'Elastic, nested', '{"log":{"level":"error"},"message":"x"}'],
  ['debug', 'hclog', '{"@level":"debug","@message":"x"}'],
  ['info', 'the Tako SDKs', '{"ts":1,"level":"info","scope":"app","msg":"x"}'],
  [undefined, 'JSON with a level of something else', '{"player":{"level":30},"name":"x"}'],
  [undefined, 'JSON with a level that is none', '{"level":"high","name":"x"}'],
  [undefined, 'JSON with a small number', '{"level":3,"name":"x"}'],
  [undefined, 'JSON that is cut', '{"level":"error","message":"x'],
  [undefined, 'an object printed by Node', "{ level: 'error' }"],

  ['warning', 'logfmt', 'time=2026-11-21T10:02:03Z level=warn msg="slow query" ms=900'],
  ['error', 'logfmt with quotes', 'ts=1 level="error" msg=x'],
  ['debug', 'logrus', 'time="2026-11-21T10:02:03Z" level=debug msg=x'],
  [undefined, 'logfmt of something else', 'compression level=high size=3'],

  ['info', 'slog beside log', '2026/11/21 10:02:03 INFO listening port=3000'],
  ['fatal', 'Go', 'panic: runtime error: index out of range [3] with length 2'],
  ['fatal', 'Go', 'fatal error: all goroutines are asleep - deadlock!'],
  [undefined, 'Go log', '2026/11/21 10:02:03 listening on :3000'],
  ['error', 'glog', 'E1121 10:02:03.456789    7 main.go:12] cannot connect'],
  ['info', 'klog', 'I1121 10:02:03.456789    7 main.go:12] started'],

  ['error', 'pino-pretty', '[10:02:03.456] ERROR (7): no database'],
  ['info', 'winston, simple', 'info: listening {"port":3000}'],
  ['error', 'winston, coloured', '\x1b[31merror\x1b[39m: no database'],
  ['debug', 'log4js', '[2026-11-21T10:02:03.456] [DEBUG] default - x'],
  ['warning', 'Nest', '[Nest] 7  - 11/21/2026, 10:02:03 AM    WARN [Router] slow'],
  [
    'info',
    'Nest',
    '\x1b[32m[Nest] 7  - \x1b[39m11/21/2026, 10:02:03 AM \x1b[32m    LOG\x1b[39m [NestFactory] Starting',
  ],
  ['error', 'Node', 'Error: listen EADDRINUSE: address already in use :::3000'],
  ['error', 'Node', "TypeError: Cannot read properties of undefined (reading 'x')"],
  ['error', 'Node', 'Uncaught ReferenceError: x is not defined'],
  ['error', 'Node', 'AssertionError [ERR_ASSERTION]: 1 == 2'],
  ['warning', 'Node', '(node:7) Warning: Setting the NODE_TLS_REJECT_UNAUTHORIZED'],
  ['warning', 'Node', '(node:7) [DEP0040] DeprecationWarning: The `punycode` module is deprecated'],
  ['error', 'Vite', '10:02:03 AM [vite] Internal server error: Failed to resolve import "./x"'],
  ['error', 'Next', ' \u2a2f Error: x'],
  ['warning', 'Next', ' \u26a0 Fast Refresh had to perform a full reload'],
  [undefined, 'Next', ' GET / 200 in 12ms'],
  ['error', 'esbuild', '\u2718 [ERROR] Could not resolve "./x"'],
  ['warning', 'esbuild', '\u25b2 [WARNING] Duplicate key "a"'],
  ['error', 'TypeScript', 'error TS18003: No inputs were found in config file'],
  ['error', 'TypeScript', "src/a.ts(3,5): error TS2304: Cannot find name 'x'."],
  ['error', 'TypeScript', "src/a.ts:3:5 - error TS2304: Cannot find name 'x'."],
  ['error', 'webpack', 'ERROR in ./src/a.js 3:5'],
  ['error', 'npm', 'npm ERR! code ELIFECYCLE'],
  ['warning', 'npm', 'npm warn deprecated inflight@1.0.6: not supported'],
  ['warning', 'pnpm', '\u2009WARN\u2009 deprecated inflight@1.0.6'],
  ['error', 'pnpm', ' ERR_PNPM_NO_SCRIPT\u2009 Missing script: x'],

  ['error', 'Python logging', 'ERROR:root:no database'],
  ['warning', 'Python logging with a format', '2026-11-21 10:02:03,456 - app.views - WARNING - slow'],
  ['info', 'uvicorn', 'INFO:     Started server process [7]'],
  ['error', 'gunicorn', '[2026-11-21 10:02:03 +0000] [7] [ERROR] Exception in worker process'],
  ['info', 'loguru', '2026-11-21 10:02:03.456 | INFO     | app:main:12 - x'],
  ['error', 'Python', 'Traceback (most recent call last):'],
  ['error', 'Python', 'ValueError: invalid literal for int()'],
  ['error', 'Python', 'django.db.utils.OperationalError: no such table: x'],
  ['error', 'Python', 'AssertionError'],

  ['warning', 'Rails', 'W, [2026-11-21T10:02:03.456789 #7]  WARN -- : slow'],
  [undefined, 'Rails', 'Started GET "/" for 127.0.0.1 at 2026-11-21 10:02:03 +0000'],
  ['error', 'Laravel', '[2026-11-21 10:02:03] local.ERROR: no database {"exception":"x"}'],
  ['fatal', 'PHP', 'PHP Fatal error:  Uncaught Exception: x in /a.php:3'],
  ['warning', 'PHP', 'PHP Warning:  Undefined variable $x in /a.php on line 3'],
  ['info', 'Phoenix', '10:02:03.456 [info] GET /'],
  ['info', 'Spring', '2026-11-21T10:02:03.456Z  INFO 7 --- [main] c.e.App : Started'],
  ['warning', 'log4j', '10:02:03.456 [main] WARN  com.example.App - slow'],
  ['error', 'Java', 'Exception in thread "main" java.lang.IllegalStateException: x'],
  ['error', 'Java', 'java.io.IOException: Broken pipe'],
  ['error', 'Java', 'Caused by: java.net.ConnectException: refused'],
  ['error', '.NET', 'fail: Microsoft.AspNetCore.Server.Kestrel[13]'],
  ['info', '.NET', 'info: Microsoft.Hosting.Lifetime[14]'],
  ['info', 'env_logger', '[2026-11-21T10:02:03Z INFO  app] listening'],
  ['error', 'tracing', '2026-11-21T10:02:03.456789Z ERROR app: x'],
  ['error', 'rustc', 'error[E0382]: use of moved value: `x`'],
  ['error', 'Rust', "thread 'main' panicked at src/main.rs:3:5:"],
  ['warning', 'gcc', "main.c:3:5: warning: unused variable 'x' [-Wunused-variable]"],
  ['error', 'nginx', '2026/11/21 10:02:03 [error] 7#7: *1 open() failed'],
  ['info', 'PostgreSQL', '2026-11-21 10:02:03.456 UTC [7] LOG:  database system is ready'],
  ['fatal', 'git', 'fatal: not a git repository'],

  [undefined, 'a sentence', 'there was no error at all'],
  [undefined, 'a sentence', 'error handling middleware is installed'],
  [undefined, 'a sentence', 'Warnings are treated as errors'],
  [undefined, 'a sentence', 'Login of user INFO succeeded'],
  [undefined, 'a request', 'GET /error/500 200 in 3 ms'],
  [undefined, 'a request', '127.0.0.1 - - [21/Nov/2026:10:02:03 +0000] "GET /warn HTTP/1.1" 200 12'],
  [undefined, 'an address', '  Local:   http://localhost:3000/debug'],
  [undefined, 'a test', '0 errors, 3 warnings'],
  [undefined, 'nothing', ''],
];

describe('the level of a line', () => {
  it.each(LINES)('is %s of %s: %s', (level, _who, text) => {
    assert.equal(detectLevel(text), level);
  });

  it('is found whatever colours the line has', () => {
    for (const [level, , text] of LINES.filter(([, , line]) => !line.startsWith('{'))) {
      assert.equal(detectLevel(`\x1b[1m${text}\x1b[0m`), level, text);
    }
  });

  it('is one of the levels or none, for any text (fixed seed)', () => {
    const parts = fc.oneof(fc.string({unit: 'binary'}), fc.constantFrom(...LINES.map(([, , text]) => text)));
    fc.assert(
      fc.property(fc.array(parts, {maxLength: 4}), pieces => {
        const level = detectLevel(pieces.join(''));
        assert.ok(level === undefined || LOG_LEVELS.includes(level));
      }),
      {seed: 5, numRuns: runs(1_000)},
    );
  });

  // A pattern that goes back over what it has passed would take longer than the test may.
  it('is found as fast in lines that are made to be slow', () => {
    const nasty = ['[', '(', 'a.', 'Error ', 'error error ', '1:', ' ', 'a - ', '{"level":', '\x1b[', 'A'];
    for (const piece of nasty) {
      const text = piece.repeat((16 * 1024) / piece.length);
      for (let count = 0; count < 1_000; count++) assert.equal(detectLevel(`info ${text}`), undefined);
    }
  });
});

describe('a stack', () => {
  it('has the level of the line above it', () => {
    const levelOf = createLevelReader();
    const levels = ['Error: x', '    at f (a.js:1:2)', '    at g (a.js:3:4)', 'listening', '  indented'].map(levelOf);
    assert.deepEqual(levels, ['error', 'error', 'error', undefined, undefined]);
  });

  it('ends at an empty line', () => {
    const levelOf = createLevelReader();
    assert.deepEqual(['Error: x', '', '  after'].map(levelOf), ['error', undefined, undefined]);
  });
});

describe('levels', () => {
  it('include those that are more serious', () => {
    assert.deepEqual(
      LOG_LEVELS.filter(level => isAtLeast(level, 'warning')),
      ['warning', 'error', 'fatal'],
    );
    assert.equal(isAtLeast(undefined, 'trace'), false);
  });
});
