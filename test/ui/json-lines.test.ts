import assert from 'node:assert/strict';
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

const linesOf = (stream: PassThrough): unknown[] =>
  String(stream.read())
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line));
