import assert from 'node:assert/strict';
import {createInterface} from 'node:readline';
import {PassThrough} from 'node:stream';
import {describe, it} from 'vitest';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {runJson} from '../../src/ui/json-lines.js';
import {createFakeSession, logEvent, READY, statusEvent} from './fake-session.js';

describe('JSON output', () => {
  it('is every event as it came, one a line', async () => {
    const events: readonly DevEvent[] = [
      statusEvent(READY),
      logEvent('\x1b[32mgreen\x1b[0m'),
      {type: 'skipped', app: 'hello', count: 3},
      {type: 'notice', level: 'error', text: 'no'},
      {type: 'removed', app: 'hello'},
      {type: 'ended', reason: 'gone'},
    ];
    const session = createFakeSession();
    const stdout = new PassThrough();
    const outcome = runJson(session, {stdout});
    session.emit(...events);
    assert.equal(await outcome, 'ended');
    assert.deepEqual(linesOf(stdout), events);
  });

  it('begins with the notes, as warnings', async () => {
    const stdout = new PassThrough();
    await runJson(createFakeSession({notes: ['port 443 is taken']}), {stdout, signal: AbortSignal.abort()});
    assert.deepEqual(linesOf(stdout), [{type: 'notice', level: 'warning', text: 'port 443 is taken'}]);
  });
});

describe('JSON output for a reader slower than the apps', () => {
  it('says of each app how many of its lines are left out', async () => {
    const session = createFakeSession({apps: ['hello', 'api']});
    const stdout = new PassThrough({readableHighWaterMark: 1, writableHighWaterMark: 1});
    const controller = new AbortController();
    const outcome = runJson(session, {stdout, signal: controller.signal});
    const text = 'x'.repeat(1_000);
    const count = 3_000;
    for (let line = 0; line < count; line++) session.emit(logEvent(text), logEvent(text, 'stdout', 'api'));
    const heard = {hello: 0, api: 0};
    const skipped = new Map<string, number>();
    for await (const line of createInterface({input: stdout})) {
      const event = JSON.parse(line);
      if (event.type === 'skipped') skipped.set(event.app, event.count);
      else heard[event.app as 'hello' | 'api']++;
      if (skipped.size === 2) break;
    }
    controller.abort();
    await outcome;
    assert.ok(heard.hello < count, 'some were left out');
    assert.deepEqual(
      [heard.hello + (skipped.get('hello') ?? 0), heard.api + (skipped.get('api') ?? 0)],
      [count, count],
    );
  });
});

const linesOf = (stream: PassThrough): unknown[] =>
  String(stream.read())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
