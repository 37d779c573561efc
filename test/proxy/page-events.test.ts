import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createPageEvents} from '../../src/proxy/page-events.js';

const STARTED_AT = 1_000;
const create = () => createPageEvents(() => STARTED_AT);
const signal = new AbortController().signal;

describe('the news of an app', () => {
  it('are none for a page that was made after them', () => {
    const events = create();
    events.publish('app', {type: 'reload'});
    const version = events.versionOf('app');
    assert.deepEqual(events.newsSince('app', version), {version, reload: false, problem: undefined});
  });

  it('are for its pages only', () => {
    const events = create();
    const after = events.versionOf('app');
    events.publish('other', {type: 'reload'});
    assert.equal(events.versionOf('app'), after);
    assert.equal(events.newsSince('app', after).reload, false);
  });

  it('keep a reload that was followed by something else', () => {
    const events = create();
    const after = events.versionOf('app');
    events.publish('app', {type: 'reload'});
    events.publish('app', {type: 'ok'});
    assert.equal(events.newsSince('app', after).reload, true);
  });

  it('have a problem until it is over', () => {
    const events = create();
    events.publish('app', {type: 'problem', code: 'X', message: 'broken', lines: ['one']});
    assert.deepEqual(events.newsSince('app', events.versionOf('app')).problem, {
      code: 'X',
      message: 'broken',
      lines: ['one'],
    });
    events.publish('app', {type: 'ok'});
    assert.equal(events.newsSince('app', 0).problem, undefined);
  });

  it('have the last lines as text, and no more than fit on a page', () => {
    const events = create();
    const lines = [...Array.from({length: 50}, (_, index) => String(index)), '\x1b[31mred\x1b[0m', 'x'.repeat(10_000)];
    events.publish('app', {type: 'problem', code: 'X', message: 'broken', lines});
    const shown = events.newsSince('app', 0).problem?.lines ?? [];
    assert.equal(shown.length, 12);
    assert.deepEqual(shown.slice(-2), ['red', 'x'.repeat(400)]);
  });

  it('have no reload for a page that an earlier process made', () => {
    const events = create();
    assert.deepEqual(events.newsSince('app', STARTED_AT - 500), {
      version: STARTED_AT,
      reload: false,
      problem: undefined,
    });
  });
});

describe('waiting for news', () => {
  it('ends at once where there are some', async () => {
    const events = create();
    const after = events.versionOf('app');
    events.publish('app', {type: 'reload'});
    await events.untilNews('app', after, {timeoutMs: 60_000, signal});
  });

  it('ends when some come, for all who wait', async () => {
    const events = create();
    const waiting = [1, 2].map(() => events.untilNews('app', events.versionOf('app'), {timeoutMs: 60_000, signal}));
    events.publish('app', {type: 'ok'});
    await Promise.all(waiting);
  });

  it('ends after its time, and when the client leaves', async () => {
    const events = create();
    const after = events.versionOf('app');
    await events.untilNews('app', after, {timeoutMs: 1, signal});
    const client = new AbortController();
    const waiting = events.untilNews('app', after, {timeoutMs: 60_000, signal: client.signal});
    client.abort();
    await waiting;
    await events.untilNews('app', after, {timeoutMs: 60_000, signal: client.signal});
  });
});
