import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {parseJsonLog, renderJsonLog} from '../../../src/ui/log/json-log.js';
import {createStyle} from '../../../src/ui/style.js';

const render = (line: unknown, isColour = false): string | undefined => {
  const log = parseJsonLog(JSON.stringify(line));
  return log && renderJsonLog(log, createStyle({isColour}));
};

describe('a structured log line', () => {
  it('reads as level, scope, message and fields', () => {
    const line = {
      ts: 1,
      level: 'info',
      scope: 'http',
      msg: 'GET /',
      fields: {status: 200, took: '3 ms', from: 'cache'},
    };
    assert.equal(render(line), 'info http GET / status=200 took="3 ms" from=cache');
  });

  it('needs no scope and no fields', () => {
    assert.equal(render({ts: 1, level: 'warn', msg: 'slow'}), 'warn slow');
  });

  it('keeps fields that stand beside the known ones', () => {
    assert.equal(render({level: 'info', msg: 'hi', requestId: 'r1'}), 'info hi requestId=r1');
  });

  it('says of an error only its message, and shows other objects whole', () => {
    const fields = {error: {name: 'TypeError', message: 'x is undefined', stack: '…'}, user: {id: 7}};
    assert.equal(render({level: 'error', msg: 'failed', fields}), 'error failed error="x is undefined" user={"id":7}');
  });

  it('has a colour for each level', () => {
    assert.match(render({level: 'error', msg: 'no'}, true) ?? '', /^\x1b\[31merror\x1b\[39m no$/);
    assert.match(render({level: 'constructor', msg: 'no'}, true) ?? '', /^\x1b\[1mconstructor/);
  });

  it.each(['plain', '{"msg":"an answer, not a log"}', '{"level":"info"}', '[1]', '{broken', '{}'])(
    'is not seen in %s',
    text => {
      assert.equal(parseJsonLog(text), undefined);
    },
  );

  it('is cut where a field is as long as a whole request', () => {
    const text = render({level: 'info', msg: 'GET', req: {headers: 'x'.repeat(1_000)}}) ?? '';
    assert.ok(text.length < 300 && text.endsWith('…'), text);
  });
});

// Each as its own documentation or a run of it has it.
describe('a structured log line of', () => {
  it.each([
    ['pino', {level: 30, time: 1531171074631, pid: 657, hostname: 'box', msg: 'hello', a: 1}, 'info hello a=1'],
    [
      'pino with an error',
      {
        level: 50,
        time: 1,
        pid: 1,
        hostname: 'box',
        err: {type: 'Error', message: 'no', stack: 'Error: no\n    at x'},
        msg: 'no',
      },
      'error no\n  Error: no\n      at x',
    ],
    [
      'bunyan',
      {name: 'shop', hostname: 'box', pid: 1, level: 40, msg: 'slow', time: '2012-06-19T21:34:19.906Z', v: 0},
      'warn shop slow',
    ],
    [
      'winston',
      {level: 'verbose', message: 'up', service: 'api', timestamp: '2026-01-01T00:00:00Z'},
      'verbose up service=api',
    ],
    [
      'zap',
      {level: 'error', ts: 1700000000.1, caller: 'main.go:7', msg: 'failed', stacktrace: 'main.main\n\tmain.go:7'},
      'error failed caller=main.go:7\n  main.main\n  \tmain.go:7',
    ],
    ['slog', {time: '2026-01-01T00:00:00Z', level: 'INFO', msg: 'ok', count: 3}, 'info ok count=3'],
    ['zerolog', {level: 'debug', time: 1494567715, message: 'hi'}, 'debug hi'],
    [
      'tracing',
      {timestamp: '2026-01-01T00:00:00Z', level: 'WARN', fields: {message: 'slow', took: 12}, target: 'shop::db'},
      'warn shop::db slow took=12',
    ],
    [
      'ECS',
      {
        '@timestamp': '2026-01-01T00:00:00Z',
        'log.level': 'info',
        message: 'ok',
        'ecs.version': '8.10.0',
        'service.name': 'a',
      },
      'info ok service.name=a',
    ],
    ['nested ECS', {'@timestamp': 1, log: {level: 'error', logger: 'db'}, message: 'no'}, 'error db no'],
    ['Google Cloud', {severity: 'ERROR', message: 'no', timestamp: 1}, 'error no'],
    ['Python', {asctime: 'now', levelname: 'WARNING', name: 'app.db', message: 'slow'}, 'warning app.db slow'],
    ['Serilog', {'@t': 'now', '@m': 'Hello', '@l': 'Warning', User: 'a b'}, 'warning Hello User="a b"'],
  ])('%s reads well', (_, line, expected) => {
    assert.equal(render(line), expected);
  });
});
