import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {AppStatus} from '../../src/control/events.js';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {type DevView, EMPTY_VIEW, reduceDevView} from '../../src/ui/dev-view.js';
import {FAILED, logEvent, MORNING, READY, STARTING, statusEvent} from './fake-session.js';

const NOW = MORNING + 60_000;
const viewOf = (...statuses: readonly AppStatus[]): DevView => ({
  statuses: new Map(statuses.map(status => [status.name, status])),
});
const says = (event: DevEvent, view = EMPTY_VIEW) => reduceDevView(view, event, NOW).lines;

describe('the dev view', () => {
  it('shows the last status it heard', () => {
    const first = reduceDevView(EMPTY_VIEW, statusEvent(STARTING), NOW);
    assert.deepEqual(reduceDevView(first.view, statusEvent(READY), NOW), {view: viewOf(READY), lines: []});
  });

  it('adds a log line with the time at which it was written', () => {
    const line = {time: MORNING, app: 'hello', source: 'stderr', text: 'careful'};
    assert.deepEqual(says(logEvent('careful', 'stderr')), [line]);
  });

  it('says once in full why a start failed', () => {
    const {view, lines} = reduceDevView(EMPTY_VIEW, statusEvent(FAILED), NOW);
    const text = [
      'hello exited with code 1 before it was ready [APP_EXITED_EARLY]',
      '  Error: cannot find module express',
      '      at server.js:1:1',
      '  its output says why',
    ].join('\n');
    assert.deepEqual(lines, [{time: NOW, app: 'hello', source: 'error', text}]);
    assert.deepEqual(says(statusEvent({...FAILED, clients: 2}), view), []);
  });

  it('says it again when it fails again after a new start', () => {
    const started = reduceDevView(viewOf(FAILED), statusEvent(STARTING), NOW);
    assert.equal(says(statusEvent(FAILED), started.view).length, 1);
  });

  it('counts the lines that the daemon skipped', () => {
    const [entry] = says({type: 'skipped', app: 'hello', count: 1_234});
    assert.equal(entry?.text, '… 1,234 lines skipped');
  });

  it('passes on notices and the end', () => {
    assert.deepEqual(says({type: 'notice', level: 'warning', text: 'not trusted'}), [
      {time: NOW, app: undefined, source: 'warning', text: 'not trusted'},
    ]);
    assert.equal(says({type: 'ended', reason: 'gone'})[0]?.text, 'gone');
  });

  it('leaves it to the end to say what a removal means', () => {
    assert.deepEqual(says({type: 'removed', app: 'hello'}), []);
  });
});

describe('the dev view of several apps', () => {
  const API: AppStatus = {...READY, name: 'api', pid: 4712};

  it('keeps the status of each', () => {
    const {view} = reduceDevView(viewOf(STARTING, API), statusEvent(READY), NOW);
    assert.deepEqual(view, viewOf(READY, API));
  });

  it('says whose a line, a skip and a problem are', () => {
    const view = viewOf(READY, API);
    const failed: AppStatus = {...FAILED, name: 'api'};
    const events: readonly DevEvent[] = [
      {type: 'log', app: 'api', line: {id: 1, time: MORNING, stream: 'stdout', text: 'listening'}},
      {type: 'skipped', app: 'api', count: 2},
      statusEvent(failed),
    ];
    assert.deepEqual(
      events.map(event => says(event, view)[0]?.app),
      ['api', 'api', 'api'],
    );
  });

  it('tells the problem of one although another has the same', () => {
    const view = viewOf(FAILED, API);
    assert.equal(says(statusEvent({...FAILED, name: 'api'}), view).length, 1);
    assert.equal(says(statusEvent({...FAILED, clients: 3}), view).length, 0);
  });

  it('has one that was removed as stopped, and the others as they are', () => {
    const {view} = reduceDevView(viewOf(READY, API), {type: 'removed', app: 'api'}, NOW);
    assert.equal(view.statuses.get('hello'), READY);
    const {state, pid, port, startedAt} = view.statuses.get('api') ?? {};
    assert.deepEqual([state, pid, port, startedAt], ['stopped', null, null, null]);
  });

  it('knows nothing of one that was removed before it was heard of', () => {
    assert.deepEqual(reduceDevView(viewOf(READY), {type: 'removed', app: 'api'}, NOW).view, viewOf(READY));
  });
});
