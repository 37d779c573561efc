import assert from 'node:assert/strict';
import {format, inspect} from 'node:util';
import {describe, it} from 'vitest';
import {createRedactedView} from '../../src/sdk/redacted-view.js';

const CANARY = 'canary-4711';
const view = createRedactedView(() => ({KEY: CANARY, OTHER: 'second'}));

describe('secrets', () => {
  it('are read by name', () => {
    assert.equal(view.KEY, CANARY);
    const {OTHER} = view;
    assert.equal(OTHER, 'second');
    assert.equal(view.MISSING, undefined);
    assert.equal('KEY' in view, true);
    assert.equal('MISSING' in view, false);
  });

  it('show their names at most, whatever is done with all of them', () => {
    assert.deepEqual(Object.getOwnPropertyNames(view), ['KEY', 'OTHER']);
    assert.deepEqual(Object.keys(view), []);
    const shown = [
      JSON.stringify(view),
      JSON.stringify({secrets: view}),
      `${view}`,
      String(view),
      inspect(view),
      inspect({secrets: view}, {depth: 9, showHidden: false}),
      format('%s %o %j', view, {...view}, view),
      JSON.stringify({...view}),
      JSON.stringify(Object.entries(view)),
      JSON.stringify(Object.assign({}, view)),
    ].join('\n');
    assert.equal(shown.includes(CANARY), false, shown);
    assert.match(shown, /\[REDACTED\]/);
    assert.throws(() => structuredClone(view));
  });

  it('cannot be changed', () => {
    const writable = view as Record<string, string>;
    assert.throws(() => {
      writable.KEY = 'other';
    }, TypeError);
    assert.throws(() => delete writable.KEY, TypeError);
    assert.throws(() => Object.defineProperty(view, 'NEW', {value: 1}), TypeError);
    assert.equal(view.KEY, CANARY);
  });

  it('mean nothing by the names that all objects have', () => {
    assert.equal(view.constructor, undefined);
    assert.equal(view.hasOwnProperty, undefined);
  });
});
