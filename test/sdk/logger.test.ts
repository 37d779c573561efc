import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createLogger, type LogEntry, renderJsonEntry, renderTextEntry} from '../../src/sdk/logger.js';

function collect(level: 'debug' | 'warn' = 'debug') {
  const entries: LogEntry[] = [];
  return {entries, logger: createLogger({scope: 'app', level, write: entry => void entries.push(entry)})};
}

const entryOf = (fields: object): LogEntry => ({
  time: 1_700_000_000_000,
  level: 'info',
  scope: 'app',
  message: 'm',
  fields: {...fields},
});

describe('a logger', () => {
  it('tells level, scope, message and fields, and drops what is below its level', () => {
    const {entries, logger} = collect('warn');
    logger.info('not this');
    logger.warn('this', {size: 10});
    assert.deepEqual(
      entries.map(({time: _, ...entry}) => entry),
      [{level: 'warn', scope: 'app', message: 'this', fields: {size: 10}}],
    );
  });

  it('has children that add fields to those they come with', () => {
    const {entries, logger} = collect();
    logger.child('db', {pool: 1}).child('query', {id: 2}).error('slow', {ms: 3});
    assert.deepEqual([entries[0]?.scope, entries[0]?.fields], ['query', {pool: 1, id: 2, ms: 3}]);
  });
});

describe('a line of a log', () => {
  it('is JSON that tako shows as level, message and fields', () => {
    assert.equal(
      renderJsonEntry(entryOf({a: 1})),
      '{"ts":1700000000000,"level":"info","scope":"app","msg":"m","fields":{"a":1}}',
    );
    assert.equal(renderJsonEntry(entryOf({})), '{"ts":1700000000000,"level":"info","scope":"app","msg":"m"}');
  });

  it('has the stack and the cause of an error', () => {
    const error = new Error('outer', {cause: new Error('inner')});
    const {fields} = JSON.parse(renderJsonEntry(entryOf({error})));
    assert.deepEqual([fields.error.message, fields.error.cause.message], ['outer', 'inner']);
    assert.match(fields.error.stack, /logger\.test/);
  });

  it('is written for anything: circles, big numbers, what throws when it is read', () => {
    const circle: Record<string, unknown> = {name: 'circle'};
    circle.self = circle;
    const twice = {same: 1};
    assert.deepEqual(JSON.parse(renderJsonEntry(entryOf({circle, big: 10n, list: [twice, twice]}))).fields, {
      circle: {name: 'circle', self: '[Circular]'},
      big: '10',
      list: [{same: 1}, {same: 1}],
    });
    const throws = {
      get value() {
        throw new Error('not now');
      },
    };
    assert.match(renderJsonEntry(entryOf({throws})), /could not be logged: Error: not now/);
  });

  it('is text for a terminal', () => {
    assert.match(renderTextEntry(entryOf({a: 1, b: 'two'})), /^\d\d:\d\d:\d\d info {2}app: m {2}a=1 {2}b=two$/);
  });
});
