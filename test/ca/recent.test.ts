import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import {createRecent} from '../../src/ca/recent.js';

describe('what was used last', () => {
  it('forgets the one unused for longest, and says which', () => {
    const forgotten: string[] = [];
    const recent = createRecent<number>(2, name => void forgotten.push(name));
    recent.set('a', 1);
    recent.set('b', 2);
    assert.equal(recent.get('a'), 1);
    recent.set('c', 3);
    assert.deepEqual(forgotten, ['b']);
    assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], [1, undefined, 3]);
  });

  it('forgets nothing when a value is replaced', () => {
    const forgotten: string[] = [];
    const recent = createRecent<number>(1, name => void forgotten.push(name));
    recent.set('a', 1);
    recent.set('a', 2);
    assert.equal(recent.get('a'), 2);
    assert.deepEqual(forgotten, []);
  });
});
