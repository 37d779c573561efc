import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createLogBuffer} from '../../../src/ui/log/log-buffer.js';
import type {LogEntry} from '../../../src/ui/log/log-entry.js';
import {MORNING} from '../fake-session.js';
import {entry} from './log-support.js';

/** The blocks that these lines come to, each as its lines. */
function group(entries: readonly LogEntry[]): string[][] {
  const buffer = createLogBuffer();
  entries.forEach(buffer.push);
  return buffer.blocks().map(({entries}) => entries.map(({text}) => text));
}

const linesOf = (text: string): readonly string[] => text.split('\n');
const errors = (text: string): readonly LogEntry[] => linesOf(text).map(line => entry(line, {source: 'stderr'}));

const NODE = `TypeError: Cannot read properties of undefined (reading 'id')
    at show (/app/server.js:12:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:105:5) {
  code: 'ERR',
  [cause]: Error: first
      at other (/app/server.js:1:1)
}`;

const NODE_UNCAUGHT = `file:///app/server.js:1
throw new Failure('x')
^

Failure: x
    at file:///app/server.js:1:7

Node.js v24.1.0`;

const PYTHON = `Traceback (most recent call last):
  File "/app/main.py", line 2, in <module>
    run()
KeyError: 'a'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/main.py", line 4, in <module>
    raise Failure("b")
Failure: b`;

const GO = `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x4a]

goroutine 1 [running]:
main.(*Server).serve(0x0?, {0xc000012345, 0x2})
\t/app/main.go:7 +0x1d
created by main.main in goroutine 1
\t/app/main.go:3 +0x2a
exit status 2`;

const JAVA = `Exception in thread "main" java.lang.IllegalStateException: no
\tat shop.Main.run(Main.java:7)
\t... 3 more
Caused by: java.io.IOException: closed
\tat shop.Io.read(Io.java:1)`;

const RUST = `thread 'main' panicked at src/main.rs:2:5:
assertion \`left == right\` failed
  left: 1
 right: 2
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:665:5
note: Some details are omitted`;

const RUBY = `app.rb:1:in 'foo': no (RuntimeError)
\tfrom app.rb:4:in '<main>'`;

describe('the log that is kept', () => {
  it.each([
    ['Node', NODE],
    ['Node, uncaught', NODE_UNCAUGHT],
    ['Python', PYTHON],
    ['Go', GO],
    ['Java', JAVA],
    ['Rust', RUST],
    ['Ruby', RUBY],
  ])('keeps a stack trace of %s together, and nothing else with it', (_, trace) => {
    const groups = group([...errors('starting'), ...errors(trace), ...errors('listening on 3000')]);
    assert.deepEqual(groups, [['starting'], linesOf(trace), ['listening on 3000']]);
  });

  it('keeps it together when other apps and the other stream speak in between', () => {
    const lines = errors(NODE).flatMap((line, place) => [line, entry(`${place}`, {app: 'api'}), entry(`out ${place}`)]);
    const groups = group(lines);
    assert.deepEqual(groups[0], linesOf(NODE));
    assert.equal(groups.length, 1 + 2 * linesOf(NODE).length);
  });

  it('takes two traces for two', () => {
    assert.deepEqual(group([...errors(PYTHON), ...errors(PYTHON)]), [linesOf(PYTHON), linesOf(PYTHON)]);
    assert.deepEqual(group([...errors(NODE), ...errors(NODE)]), [linesOf(NODE), linesOf(NODE)]);
  });

  it('sees a trace through its colours', () => {
    const lines = ['\x1b[31mError: no\x1b[39m', '\x1b[2m    at x (y.js:1:1)\x1b[22m'];
    assert.deepEqual(group(lines.map(line => entry(line))), [lines]);
  });

  it.each([
    ['a list', ['Routes:', '  /a', '  /b']],
    ['an error without a trace', ['Error: no', 'going on']],
    ['what tako says', ['Error: no', '    at x']],
  ])('does not join %s', (what, lines) => {
    const entries = lines.map(line => entry(line, {source: what === 'what tako says' ? 'error' : 'stdout'}));
    assert.deepEqual(
      group(entries),
      lines.map(line => [line]),
    );
  });

  it('ends a trace where there is a pause, and where it has no end', () => {
    const late = [entry('Error: no'), entry('    at x', {time: MORNING + 60_000})];
    assert.equal(group(late).length, 2);
    const endless = ['Error: no', ...Array(1_000).fill('    at x')].map(line => entry(line));
    assert.deepEqual(
      group(endless).map(({length}) => length),
      [200, 200, 200, 200, 200, 1],
    );
  });

  it('gives the same block until it grows, which then keeps its number', () => {
    const buffer = createLogBuffer();
    buffer.push(entry('one'));
    buffer.push(entry('Error: no'));
    const [one, error] = buffer.blocks();
    assert.equal(buffer.blocks(), buffer.blocks());
    buffer.push(entry('    at x'));
    const [sameOne, grown] = buffer.blocks();
    assert.equal(sameOne, one);
    assert.equal(grown?.entries.length, 2);
    assert.equal(grown?.id, error?.id);
  });

  it('keeps the newest of a million lines, and counts the others', () => {
    const buffer = createLogBuffer();
    for (let line = 1; line <= 1_000_000; line++) buffer.push(entry(`line ${line}`));
    const blocks = buffer.blocks();
    assert.equal(blocks.at(-1)?.entries[0].text, 'line 1000000');
    assert.ok(blocks.length >= 10_000 && blocks.length <= 12_500, String(blocks.length));
    assert.equal(buffer.dropped() + blocks.length, 1_000_000);
  });

  it('keeps no more of long lines than of short ones', () => {
    const buffer = createLogBuffer({lines: 1_000, characters: 10_000});
    for (let line = 1; line <= 1_000; line++) buffer.push(entry('x'.repeat(1_000)));
    assert.ok(buffer.blocks().length <= 12, String(buffer.blocks().length));
    buffer.push(entry('y'.repeat(1_000_000)));
    assert.deepEqual(
      buffer.blocks().map(({entries: [{text}]}) => text.length),
      [1_000_000],
    );
  });

  it('lets a trace go on whose beginning is gone', () => {
    const buffer = createLogBuffer({lines: 4, characters: 10_000});
    buffer.push(entry('Error: no', {source: 'stderr'}));
    for (let line = 1; line <= 10; line++) buffer.push(entry(`line ${line}`));
    buffer.push(entry('    at x', {source: 'stderr'}));
    assert.equal(buffer.blocks().at(-1)?.entries[0].text, '    at x');
  });

  it('is empty when it was cleared', () => {
    const buffer = createLogBuffer();
    buffer.push(entry('Error: no'));
    buffer.clear();
    assert.deepEqual(buffer.blocks(), []);
    buffer.push(entry('    at x'));
    assert.equal(buffer.blocks().length, 1);
  });
});
