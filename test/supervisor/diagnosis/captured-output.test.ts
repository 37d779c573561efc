import assert from 'node:assert/strict';
import {readdirSync} from 'node:fs';
import {describe, it} from 'vitest';
import {diagnose} from '../../../src/supervisor/diagnosis/diagnose.js';
import {capturedOutput, exitedWith, specWith, TIMED_OUT} from './describe.js';

type Row = readonly [output: string, code: string, cause: string, hint: RegExp];

/** Outputs of Node 24 and 20, Bun 1.4, Deno 2, Python 3.11, Go 1.26, Rust 1.95, Java 17, npm 11, pnpm 10, yarn 1. */
const ROWS: readonly Row[] = [
  ['node-port-in-use', 'APP_PORT_IN_USE', 'port 3999 is already in use', /PORT/],
  ['bun-port-in-use', 'APP_PORT_IN_USE', 'port 3999 is already in use', /PORT/],
  ['go-port-in-use', 'APP_PORT_IN_USE', 'port 3999 is already in use', /PORT/],
  ['go-port-in-use-panic', 'APP_PORT_IN_USE', 'port 3999 is already in use', /PORT/],
  ['python-port-in-use', 'APP_PORT_IN_USE', 'the port that it wants is already in use', /PORT/],
  ['deno-port-in-use', 'APP_PORT_IN_USE', 'the port that it wants is already in use', /PORT/],
  ['rust-port-in-use', 'APP_PORT_IN_USE', 'the port that it wants is already in use', /PORT/],
  ['java-port-in-use', 'APP_PORT_IN_USE', 'the port that it wants is already in use', /PORT/],
  ['node-port-denied', 'APP_PORT_DENIED', 'this user may not open port 80', /above 1023/],

  ['node-package-missing-cjs', 'DEPENDENCIES_MISSING', 'the package express is not installed', /install express/],
  ['node-package-missing-esm', 'DEPENDENCIES_MISSING', 'the package express is not installed', /install express/],
  ['bun-package-missing', 'DEPENDENCIES_MISSING', 'the package express is not installed', /install express/],
  ['python-module-missing', 'DEPENDENCIES_MISSING', 'the Python module flask_nope is not installed', /flask_nope/],
  ['python-m-missing', 'DEPENDENCIES_MISSING', 'the Python module flask_nope is not installed', /flask_nope/],
  [
    'go-sum-missing',
    'DEPENDENCIES_MISSING',
    'the Go module of github.com/gorilla/mux is not in go.mod or go.sum',
    /^run go mod tidy in \/web$/,
  ],
  [
    'go-module-missing',
    'DEPENDENCIES_MISSING',
    'the Go module of github.com/gorilla/mux is not in go.mod or go.sum',
    /^run go mod tidy in \/web$/,
  ],

  ['npm-program-missing', 'COMMAND_NOT_FOUND', 'it calls vit, and there is no such command', /install what provides/],
  ['node-spawn-enoent', 'COMMAND_NOT_FOUND', 'it calls no-such-program, and there is no such command', /correct/],
  ['npm-script-missing', 'SCRIPT_MISSING', 'there is no script dev', /add it/],
  ['pnpm-script-missing', 'SCRIPT_MISSING', 'there is no script dev', /add it/],
  ['yarn-script-missing', 'SCRIPT_MISSING', 'there is no script dev', /add it/],
  ['bun-script-missing', 'SCRIPT_MISSING', 'there is no script dev', /add it/],
  ['deno-task-missing', 'SCRIPT_MISSING', 'there is no script dev', /add it/],

  [
    'node-variable-missing',
    'SETTING_MISSING',
    'the environment variable DATABASE_URL is not set',
    /^set DATABASE_URL under \[vars\.development\] in tako\.toml/,
  ],
  [
    'python-variable-missing',
    'SETTING_MISSING',
    'the environment variable DATABASE_URL is not set',
    /^set DATABASE_URL under \[vars\.development\] in tako\.toml/,
  ],
  ['node-out-of-memory', 'APP_OUT_OF_MEMORY', 'it ran out of memory', /--max-old-space-size/],

  ['node-enoent', 'APP_FILE_MISSING', 'config/settings.json does not exist', /the app runs in \/web/],
  ['node-entry-missing', 'APP_FILE_MISSING', '/web/missing.js does not exist', /correct the path/],
  ['node-file-missing-import', 'APP_FILE_MISSING', '/web/db.js does not exist', /correct the path/],
  ['node-file-missing-relative', 'APP_FILE_MISSING', './db does not exist', /correct the path/],
  ['node-env-file-missing', 'APP_FILE_MISSING', '.env does not exist', /^create \.env$/],
  ['python-file-missing', 'APP_FILE_MISSING', '/web/missing.py does not exist', /correct the path/],
  ['node-file-denied', 'APP_PERMISSION_DENIED', 'this user has no right to /etc/shadow', /ls -l \/etc\/shadow/],

  [
    'node20-typescript-extension',
    'TYPESCRIPT_UNSUPPORTED',
    'Node 20.20.2 does not run TypeScript: /web/a.ts',
    /npx tsx \/web\/a\.ts$/,
  ],
  [
    'node20-typescript-enum',
    'TYPESCRIPT_UNSUPPORTED',
    'Node 20.20.2 does not run TypeScript: /web/color.ts',
    /npx tsx \/web\/color\.ts$/,
  ],
  [
    'node-typescript-enum',
    'TYPESCRIPT_UNSUPPORTED',
    'TypeScript enum is not supported in strip-only mode, as Node only takes types away',
    /tsx/,
  ],
  ['node20-no-builtin', 'RUNTIME_VERSION_WRONG', 'Node 20.20.2 has no node:sqlite', /newer Node/],
  ['npm-engine-strict', 'RUNTIME_VERSION_WRONG', 'it needs Node >=99, and runs on Node 24.21.0', /switch to Node >=99/],

  ['node-syntax-error', 'APP_SYNTAX_ERROR', "SyntaxError: Unexpected token ';' in syntax.js:1", /syntax\.js:1$/],
  [
    'node-no-export',
    'APP_SYNTAX_ERROR',
    "SyntaxError: The requested module 'node:fs' does not provide an export named 'nothing' in named.mjs:1",
    /named\.mjs:1$/,
  ],
  ['python-syntax-error', 'APP_SYNTAX_ERROR', "SyntaxError: '(' was never closed in syn.py:1", /syn\.py:1$/],
  ['go-compile-error', 'APP_SYNTAX_ERROR', 'undefined: nothing in syn/main.go:2:14', /syn\/main\.go:2:14$/],

  [
    'node-crash',
    'APP_CRASHED',
    "TypeError: Cannot read properties of undefined (reading 'url') at crash.js:2:28",
    /^look at crash\.js:2:28 in \/web$/,
  ],
  ['node-rejection', 'APP_CRASHED', 'Error: the queue is not there at reject.mjs:1:31', /reject\.mjs:1:31/],
  ['deno-crash', 'APP_CRASHED', 'Error: the queue is not there at reject.mjs:1:31', /reject\.mjs:1:31/],
  [
    'bun-crash',
    'APP_CRASHED',
    "TypeError: undefined is not an object (evaluating 'settings.database.url') at crash.js:2:19",
    /crash\.js:2:19/,
  ],
  ['bun-syntax-error', 'APP_CRASHED', 'error: Unexpected ; at syntax.js:1:11', /syntax\.js:1:11/],
  ['python-crash', 'APP_CRASHED', "KeyError: 'database' at crash.py:2", /crash\.py:2/],
  [
    'go-panic',
    'APP_CRASHED',
    'panic: runtime error: invalid memory address or nil pointer dereference at panic/main.go:3',
    /panic\/main\.go:3/,
  ],
  [
    'rust-panic',
    'APP_CRASHED',
    'index out of bounds: the len is 0 but the index is 1 at src/p.rs:1:54',
    /src\/p\.rs:1:54/,
  ],
];

describe('the output of a program that failed', () => {
  it.each(ROWS)('%s means %s', (output, code, cause, hint) => {
    const explanation = diagnose(specWith(), exitedWith(1), capturedOutput(output));
    assert.equal(explanation.code, code);
    assert.equal(explanation.message, `web exited with code 1 before it was ready: ${cause}`);
    assert.match(explanation.hint ?? '', hint);
  });

  it.each(['nodemon-crash', 'node-watch-crash'])('is also read when a watcher keeps running: %s', output => {
    const {code, message} = diagnose(specWith(), TIMED_OUT, capturedOutput(output));
    assert.equal(code, 'APP_CRASHED');
    assert.match(message, /^web was not ready within 30 s: TypeError: .* at crash\.js:2:28$/);
  });

  it('that shows no cause gets none', () => {
    const {code, message} = diagnose(specWith(), exitedWith(1), capturedOutput('node-throws-text'));
    assert.deepEqual([code, message], ['APP_EXITED_EARLY', 'web exited with code 1 before it was ready']);
  });

  it('of a child that was killed is told by the code', () => {
    const {code, message} = diagnose(specWith(), exitedWith(137), capturedOutput('npm-killed'));
    assert.equal(code, 'APP_KILLED');
    assert.match(message, /that code stands for a process that was killed$/);
  });

  it('is judged here for every capture there is', () => {
    const captures = readdirSync(new URL('../../fixtures/output', import.meta.url)).map(file => file.slice(0, -4));
    const judged = [
      ...ROWS.map(([name]) => name),
      'nodemon-crash',
      'node-watch-crash',
      'node-throws-text',
      'npm-killed',
    ];
    assert.deepEqual([...captures].sort(), judged.sort());
  });
});
