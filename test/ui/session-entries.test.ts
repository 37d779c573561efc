import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {entriesOf} from '../../src/ui/session-entries.js';
import {FAILED, logEvent, MORNING, READY, STARTING, statusEvent} from './fake-session.js';

const NOW = MORNING + 60_000;
const says = (event: DevEvent, ...before: readonly AppStatus[]) =>
  entriesOf(new Map(before.map(status => [status.name, status])), event, NOW);

describe('what a session adds to the log', () => {
  it('is a line with the time at which it was written', () => {
    const line = {time: MORNING, app: 'hello', source: 'stderr', text: 'careful'};
    assert.deepEqual(says(logEvent('careful', 'stderr')), [line]);
  });

  it('is once in full why a start failed', () => {
    const text = [
      'hello exited with code 1 before it was ready [APP_EXITED_EARLY]',
      '  Error: cannot find module express',
      '      at server.js:1:1',
      '  its output says why',
    ].join('\n');
    assert.deepEqual(says(statusEvent(FAILED)), [{time: NOW, app: 'hello', source: 'error', text}]);
    assert.deepEqual(says(statusEvent({...FAILED, clients: 2}), FAILED), []);
  });

  it('is that again when it fails again after a new start', () => {
    assert.deepEqual(says(statusEvent(STARTING), FAILED), []);
    assert.equal(says(statusEvent(FAILED), STARTING).length, 1);
  });

  it('is how many lines the daemon skipped', () => {
    const [entry] = says({type: 'skipped', app: 'hello', count: 1_234});
    assert.equal(entry?.text, '… 1,234 lines skipped');
  });

  it('is every notice, and the end', () => {
    assert.deepEqual(says({type: 'notice', level: 'warning', text: 'not trusted'}), [
      {time: NOW, app: undefined, source: 'warning', text: 'not trusted'},
    ]);
    assert.equal(says({type: 'ended', reason: 'gone'})[0]?.text, 'gone');
  });

  it('is nothing for a removal: the end says what that means', () => {
    assert.deepEqual(says({type: 'removed', app: 'hello'}), []);
  });
});

describe('what a session of several apps adds to the log', () => {
  const API: AppStatus = {...READY, name: 'api', pid: 4712};

  it('says whose a line, a skip and a problem are', () => {
    const events: readonly DevEvent[] = [
      {type: 'log', app: 'api', line: {id: 1, time: MORNING, stream: 'stdout', text: 'listening'}},
      {type: 'skipped', app: 'api', count: 2},
      statusEvent({...FAILED, name: 'api'}),
    ];
    assert.deepEqual(
      events.map(event => says(event, READY, API)[0]?.app),
      ['api', 'api', 'api'],
    );
  });

  it('has the problem of one although another has the same', () => {
    assert.equal(says(statusEvent({...FAILED, name: 'api'}), FAILED, API).length, 1);
    assert.equal(says(statusEvent({...FAILED, clients: 3}), FAILED, API).length, 0);
  });
});
