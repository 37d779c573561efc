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

  it.each(['plain', '{"level":30,"msg":"pino"}', '{"level":"info"}', '[1]', '{broken', '{}'])(
    'is not seen in %s',
    text => {
      assert.equal(parseJsonLog(text), undefined);
    },
  );
});
