import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {ExchangeEvent, ExchangeSummary} from '../../../src/control/exchanges.js';
import type {CallContext} from '../../../src/control/method.js';
import {streamExchanges} from '../../../src/devproxy/inspector/stream-exchanges.js';
import {exchangeOf} from '../../commands/requests/support.js';

/** Requests that the test makes, and a client that takes events only while it reads. */
function openStream({
  kept = [] as readonly ExchangeSummary[],
  follow = true,
  url = undefined as string | undefined,
} = {}) {
  const listeners = new Set<(exchange: ExchangeSummary) => void>();
  const leaving = new AbortController();
  const events: ExchangeEvent[] = [];
  let drain = (): void => undefined;
  let isReading = true;
  const context: CallContext<ExchangeEvent> = {
    emit: event => events.push(event) > 0,
    drained: () => (isReading ? Promise.resolve() : new Promise(resolve => (drain = resolve))),
    signal: leaving.signal,
  };
  const inspector = {
    list: () => kept,
    subscribe(listener: (exchange: ExchangeSummary) => void) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const query = url === undefined ? {} : {url};
  const over = streamExchanges(inspector, {query, count: 9, follow}, context);
  return {
    over,
    listeners,
    leave: () => leaving.abort(),
    tell(...exchanges: readonly Partial<ExchangeSummary>[]) {
      for (const exchange of exchanges) for (const listener of listeners) listener(exchangeOf(exchange));
    },
    pause() {
      isReading = false;
    },
    read() {
      isReading = true;
      drain();
    },
    /** What has come since the last look: ids with their outcome, and how many were skipped. */
    async seen(): Promise<readonly string[]> {
      await new Promise(setImmediate);
      return events
        .splice(0)
        .map(event =>
          event.type === 'request' ? `${event.exchange.id} ${event.exchange.outcome}` : `${event.count} skipped`,
        );
    },
  };
}

describe('following requests', () => {
  it('sends what is kept, and ends there where nothing more is wanted', async () => {
    const stream = openStream({kept: [exchangeOf({id: 1}), exchangeOf({id: 2})], follow: false});
    await stream.over;
    assert.deepEqual(await stream.seen(), ['1 answered', '2 answered']);
    assert.equal(stream.listeners.size, 0);
  });

  it('sends what begins and what becomes of it, until the client leaves', async () => {
    const stream = openStream({kept: [exchangeOf({id: 1, outcome: null})]});
    assert.deepEqual(await stream.seen(), ['1 null']);
    stream.tell({id: 1}, {id: 2, outcome: null});
    assert.deepEqual(await stream.seen(), ['1 answered', '2 null']);
    stream.tell({id: 2, outcome: 'cut-off'});
    assert.deepEqual(await stream.seen(), ['2 cut-off']);
    stream.leave();
    await stream.over;
    assert.equal(stream.listeners.size, 0);
  });

  it('sends what is asked for only', async () => {
    const stream = openStream({url: '/wanted'});
    stream.tell({id: 1, url: 'https://web.test/other'}, {id: 2, url: 'https://web.test/wanted'});
    assert.deepEqual(await stream.seen(), ['2 answered']);
    stream.leave();
    await stream.over;
  });

  it('keeps the last state of each for a client that does not keep up, and counts what it skips', async () => {
    const stream = openStream();
    await stream.seen();
    stream.pause();
    stream.tell({id: 1});
    assert.deepEqual(await stream.seen(), ['1 answered']);
    stream.tell({id: 2, outcome: null}, {id: 2}, {id: 3, outcome: null});
    assert.deepEqual(await stream.seen(), []);
    for (let id = 4; id <= 600; id++) stream.tell({id});
    stream.read();
    const seen = await stream.seen();
    assert.equal(seen[0], '99 skipped');
    assert.equal(seen.length, 501);
    assert.equal(seen[1], '101 answered');
    assert.equal(seen.at(-1), '600 answered');
    stream.tell({id: 601});
    assert.deepEqual(await stream.seen(), ['601 answered']);
    stream.leave();
    await stream.over;
  });
});
