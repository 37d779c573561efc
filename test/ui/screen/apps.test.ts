import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  type Apps,
  chooseApp,
  chosenApp,
  createApps,
  isAppShown,
  moveChoice,
  renewFigures,
  showAll,
  statusOf,
  toggleHidden,
  toggleOnly,
  typeDigit,
  withRemoved,
  withStatus,
} from '../../../src/ui/screen/apps.js';
import {READY, STARTING} from '../fake-session.js';

const THREE = createApps(['web', 'api', 'mail']);
const shownOf = (apps: Apps): readonly string[] => apps.names.filter(name => isAppShown(apps, name));

describe('the apps of the screen', () => {
  it('show a new state at once, and new figures with the clock', () => {
    const ready = withStatus(withStatus(createApps(['hello']), STARTING), READY);
    assert.equal(statusOf(ready, 'hello'), READY);
    const busier = withStatus(ready, {...READY, memoryBytes: 1_000});
    assert.equal(statusOf(busier, 'hello'), READY);
    assert.equal(statusOf(renewFigures(busier), 'hello')?.memoryBytes, 1_000);
    assert.equal(statusOf(withStatus(busier, {...READY, pid: 1}), 'hello')?.pid, 1);
  });

  it('have one that was removed as stopped, and know nothing of one that was never heard of', () => {
    const {state, pid, port, startedAt} = statusOf(withRemoved(withStatus(THREE, READY), 'hello'), 'hello') ?? {};
    assert.deepEqual([state, pid, port, startedAt], ['stopped', null, null, null]);
    assert.equal(withRemoved(THREE, 'api'), THREE);
  });

  it('are chosen one after the other, round and round', () => {
    assert.equal(chosenApp(THREE), 'web');
    assert.equal(chosenApp(moveChoice(THREE, 1)), 'api');
    assert.equal(chosenApp(moveChoice(THREE, -1)), 'mail');
    assert.equal(chosenApp(moveChoice(chooseApp(THREE, 2), 1)), 'web');
  });

  it('are chosen by their digit; once more, there is only that one, or all again', () => {
    const chosen = typeDigit(THREE, 2);
    assert.equal(chosenApp(chosen), 'api');
    assert.deepEqual(shownOf(chosen), ['web', 'api', 'mail']);
    const only = typeDigit(chosen, 2);
    assert.deepEqual(shownOf(only), ['api']);
    assert.deepEqual(shownOf(typeDigit(only, 3)), ['mail']);
    assert.deepEqual(shownOf(typeDigit(only, 2)), ['web', 'api', 'mail']);
    assert.equal(typeDigit(THREE, 4), THREE);
  });

  it('are hidden one by one, and all shown again', () => {
    const hidden = toggleHidden(chooseApp(toggleHidden(THREE), 2));
    assert.deepEqual(shownOf(hidden), ['api']);
    assert.deepEqual(shownOf(toggleHidden(hidden)), ['api', 'mail']);
    assert.deepEqual(shownOf(showAll(hidden)), ['web', 'api', 'mail']);
    assert.deepEqual(shownOf(toggleOnly(hidden)), ['mail']);
  });

  it('do not hide what is about all of them', () => {
    assert.ok(isAppShown(toggleOnly(THREE), undefined));
  });
});
