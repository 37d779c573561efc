import assert from 'node:assert/strict';
import {setImmediate} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {type BodyFlowOptions, createBodyFlow} from '../../src/proxy/body-flow.js';
import {HeaderFields} from '../../src/proxy/header-fields.js';

type Filter = NonNullable<BodyFlowOptions['filter']>;

/** A flow, and what it did, in order. */
function createFlow(filter?: Filter, send: (chunk: Buffer) => void = () => undefined) {
  const log: string[] = [];
  const flow = createBodyFlow({
    filter,
    pause: () => log.push('pause'),
    resume: () => log.push('resume'),
    send(chunk) {
      send(chunk);
      if (chunk.length > 0) log.push(chunk.toString());
    },
    end: trailers => log.push(`end${trailers === undefined ? '' : ` ${[...trailers].flat()}`}`),
    fail: error => log.push(`fail ${(error as Error).message}`),
  });
  const push = (...chunks: string[]): void => {
    for (const chunk of chunks) flow.push(Buffer.from(chunk));
  };
  return {flow, log, push};
}

/** A filter that answers when it is told to, in the order it was asked. */
function createSlowFilter() {
  const asked: {readonly text: string; answer(text: string): void; fail(error: Error): void}[] = [];
  const filter: Filter = (chunk, isLast) =>
    new Promise((resolve, reject) => {
      asked.push({
        text: chunk.toString() + (isLast ? '$' : ''),
        answer: text => resolve(Buffer.from(text)),
        fail: reject,
      });
    });
  return {filter, asked};
}

describe('a body on its way', () => {
  it('passes at once where nobody filters it', () => {
    const {flow, log, push} = createFlow();
    push('a', 'b');
    flow.end(HeaderFields.from(['X-Sum', '1']));
    assert.deepEqual(log, ['a', 'b', 'end X-Sum,1']);
  });

  it('passes a filter that answers at once, which may add to its end and leave chunks out', () => {
    const {flow, log, push} = createFlow((chunk, isLast) =>
      Buffer.from(isLast ? 'z' : chunk.toString().replace('b', '')),
    );
    push('a', 'b', 'c');
    flow.end(undefined);
    assert.deepEqual(log, ['a', 'c', 'z', 'end']);
  });

  it('waits while it is held, and its source with it', () => {
    const {flow, log, push} = createFlow();
    flow.hold();
    push('a', 'b');
    flow.end(undefined);
    assert.deepEqual(log, ['pause']);
    flow.release();
    assert.deepEqual(log, ['pause', 'a', 'b', 'end', 'resume']);
  });

  it('does not pause a source that has nothing more to give', () => {
    const {flow, log} = createFlow();
    flow.hold();
    flow.end(undefined);
    flow.release();
    assert.deepEqual(log, ['end']);
  });

  it('stays in order behind a filter that takes its time, one chunk at a time', async () => {
    const {filter, asked} = createSlowFilter();
    const {flow, log, push} = createFlow(filter);
    push('a', 'b');
    flow.end(undefined);
    assert.deepEqual(
      asked.map(({text}) => text),
      ['a'],
    );
    for (let index = 0; index < 3; index++) {
      asked[index]?.answer(String(index));
      await setImmediate();
    }
    assert.deepEqual(
      asked.map(({text}) => text),
      ['a', 'b', '$'],
    );
    assert.deepEqual(log, ['pause', '0', '1', '2', 'end', 'resume']);
  });

  it('stays in order when it is held and released while a filter takes its time', async () => {
    const {filter, asked} = createSlowFilter();
    const {flow, log, push} = createFlow(filter);
    push('a', 'b');
    flow.hold();
    flow.release();
    assert.equal(asked.length, 1);
    flow.hold();
    asked[0]?.answer('A');
    await setImmediate();
    assert.deepEqual([asked.length, log], [1, ['pause', 'A']]);
    flow.release();
    asked[1]?.answer('B');
    await setImmediate();
    assert.deepEqual(log, ['pause', 'A', 'B', 'resume']);
  });

  it('ends for good, once, with what a filter throws', () => {
    const {flow, log, push} = createFlow(chunk => {
      if (chunk.toString() === 'b') throw new Error('no b');
      return chunk;
    });
    push('a', 'b', 'c', 'b');
    flow.end(undefined);
    flow.hold();
    flow.release();
    assert.deepEqual(log, ['a', 'fail no b']);
  });

  it('ends for good, once, with what a filter rejects with', async () => {
    const {filter, asked} = createSlowFilter();
    const {flow, log, push} = createFlow(filter);
    push('a', 'b');
    asked[0]?.fail(new Error('no a'));
    await setImmediate();
    push('c');
    flow.end(undefined);
    await setImmediate();
    assert.deepEqual([asked.length, log], [1, ['pause', 'fail no a']]);
  });

  it('ends with what is thrown where it goes to, now or later', async () => {
    const send = (): void => {
      throw new Error('gone');
    };
    const now = createFlow(undefined, send);
    now.push('a', 'b');
    assert.deepEqual(now.log, ['fail gone']);
    const {filter, asked} = createSlowFilter();
    const later = createFlow(filter, send);
    later.push('a');
    asked[0]?.answer('a');
    await setImmediate();
    assert.deepEqual(later.log, ['fail gone']);
  });
});
