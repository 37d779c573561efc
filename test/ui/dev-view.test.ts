import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {EMPTY_VIEW, reduceDevView} from '../../src/ui/dev-view.js';
import {FAILED, logEvent, MORNING, READY, STARTING, statusEvent} from './fake-session.js';

const NOW = MORNING + 60_000;
const says = (event: DevEvent, view = EMPTY_VIEW) => reduceDevView(view, event, NOW).entries;

describe('the dev view', () => {
  it('shows the last status it heard', () => {
    const first = reduceDevView(EMPTY_VIEW, statusEvent(STARTING), NOW);
    assert.deepEqual(reduceDevView(first.view, statusEvent(READY), NOW), {view: {status: READY}, entries: []});
  });

  it('adds a log line with the time at which it was written', () => {
    assert.deepEqual(says(logEvent('careful', 'stderr')), [{time: MORNING, source: 'stderr', text: 'careful'}]);
  });

  it('says once in full why a start failed', () => {
    const {view, entries} = reduceDevView(EMPTY_VIEW, statusEvent(FAILED), NOW);
    const text = [
      'hello exited with code 1 before it was ready [APP_EXITED_EARLY]',
      '  Error: cannot find module express',
      '      at server.js:1:1',
      '  its output says why',
    ].join('\n');
    assert.deepEqual(entries, [{time: NOW, source: 'error', text}]);
    assert.deepEqual(says(statusEvent({...FAILED, clients: 2}), view), []);
  });

  it('says it again when it fails again after a new start', () => {
    const started = reduceDevView({status: FAILED}, statusEvent(STARTING), NOW);
    assert.equal(says(statusEvent(FAILED), started.view).length, 1);
  });

  it('counts the lines that the daemon skipped', () => {
    const [entry] = says({type: 'skipped', app: 'hello', count: 1_234});
    assert.equal(entry?.text, '… 1,234 lines skipped');
  });

  it('passes on notices and the end', () => {
    assert.deepEqual(says({type: 'notice', level: 'warning', text: 'not trusted'}), [
      {time: NOW, source: 'warning', text: 'not trusted'},
    ]);
    assert.equal(says({type: 'ended', reason: 'gone'})[0]?.text, 'gone');
  });

  it('leaves it to the end to say what a removal means', () => {
    assert.deepEqual(says({type: 'removed', app: 'hello'}), []);
  });
});
