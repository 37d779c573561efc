import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {
  chosenRequest,
  closeRequest,
  KEPT_REQUESTS,
  moveRequest,
  NO_REQUESTS,
  openRequest,
  placeOfChosen,
  type Requests,
  withExchange,
  withOpened,
} from '../../../src/ui/screen/requests.js';
import {detailOf, exchangeOf} from '../fake-session.js';

const withIds = (...ids: readonly number[]): Requests =>
  ids.reduce((requests, id) => withExchange(requests, {type: 'request', exchange: exchangeOf({id})}), NO_REQUESTS);
const idsOf = ({list}: Requests): readonly number[] => list.map(({id}) => id);

describe('the requests', () => {
  it('are in the order in which they began, each once', () => {
    const requests = withIds(1, 3, 2, 4);
    assert.deepEqual(idsOf(requests), [1, 2, 3, 4]);
    const changed = withExchange(requests, {type: 'request', exchange: exchangeOf({id: 3, status: 500})});
    assert.deepEqual(idsOf(changed), [1, 2, 3, 4]);
    assert.equal(changed.list[2]?.status, 500);
  });

  it('are bounded: the oldest give way', () => {
    const requests = withIds(...Array.from({length: KEPT_REQUESTS + 10}, (_, id) => id + 1));
    assert.equal(requests.list.length, KEPT_REQUESTS);
    assert.equal(requests.list[0]?.id, 11);
  });

  it('count those that were skipped', () => {
    const once = withExchange(NO_REQUESTS, {type: 'skipped-requests', count: 3});
    assert.equal(withExchange(once, {type: 'skipped-requests', count: 4}).skipped, 7);
  });

  it('have the newest chosen until another one is, and again when that has gone', () => {
    const requests = withIds(1, 2, 3);
    assert.equal(chosenRequest(requests, requests.list)?.id, 3);
    const moved = moveRequest(requests, requests.list, -1);
    assert.equal(moved.chosen, 2);
    assert.equal(placeOfChosen(moved, moved.list), 1);
    const later = withExchange(moved, {type: 'request', exchange: exchangeOf({id: 4})});
    assert.equal(chosenRequest(later, later.list)?.id, 2);
    assert.equal(chosenRequest(later, later.list.slice(2))?.id, 4);
    assert.equal(chosenRequest(NO_REQUESTS, []), undefined);
  });

  it('follow the newest again when the last one is chosen, and stop at the first', () => {
    const requests = withIds(1, 2, 3);
    assert.equal(moveRequest(requests, requests.list, -9).chosen, 1);
    assert.equal(moveRequest({...requests, chosen: 2}, requests.list, 1).chosen, null);
    assert.equal(moveRequest(NO_REQUESTS, [], 1).chosen, null);
  });

  it('show what was asked for of the opened one only', () => {
    const opened = openRequest(withIds(1, 2), 1);
    const detail = detailOf(exchangeOf({id: 2}));
    assert.equal(withOpened(opened, {state: 'loaded', id: 2, detail}), opened);
    assert.equal(withOpened(opened, {state: 'missing', id: 1, reason: 'gone'}).opened?.state, 'missing');
    assert.equal(withOpened(closeRequest(opened), {state: 'missing', id: 1, reason: 'gone'}).opened, null);
  });
});
