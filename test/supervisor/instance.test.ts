import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {describeExit, type Instance, type InstanceEvent, STOPPED, transition} from '../../src/supervisor/instance.js';
import {runs} from '../helpers/soak.js';

const exit = {code: 1, signal: null};
const walk = (...events: readonly InstanceEvent[]): Instance => events.reduce(transition, STOPPED);
const spawned: InstanceEvent = {type: 'spawned', pid: 10, at: 1_000};
const ready: InstanceEvent = {type: 'ready', port: 4000};

describe('an instance', () => {
  it('goes from stopped through starting, ready and draining to stopped', () => {
    assert.deepEqual(walk(spawned), {state: 'starting', pid: 10, startedAt: 1_000});
    assert.deepEqual(walk(spawned, ready), {state: 'ready', pid: 10, startedAt: 1_000, port: 4000});
    assert.deepEqual(walk(spawned, ready, {type: 'drain'}), {state: 'draining', pid: 10, startedAt: 1_000});
    assert.deepEqual(walk(spawned, ready, {type: 'drain'}, {type: 'stopped'}), STOPPED);
  });

  it('that ends by itself keeps how, until it is spawned again', () => {
    assert.deepEqual(walk(spawned, ready, {type: 'exited', exit}), {state: 'exited', startedAt: 1_000, exit});
    assert.equal(walk(spawned, {type: 'exited', exit}, {...spawned, pid: 11}).state, 'starting');
  });

  it('that drains is not revived by a late readiness', () => {
    assert.equal(walk(spawned, {type: 'drain'}, ready).state, 'draining');
  });

  it('stays draining until its whole group has stopped, not only its leader', () => {
    assert.equal(walk(spawned, {type: 'drain'}, {type: 'exited', exit}).state, 'draining');
  });

  it('never reaches an impossible state, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(anyEvent), events => {
        let instance = STOPPED;
        for (const event of events) {
          const next = transition(instance, event);
          assert.ok(
            next === instance || ALLOWED[instance.state].includes(next.state),
            `${instance.state} ${event.type}`,
          );
          assert.deepEqual(Object.keys(next).sort(), FIELDS[next.state]);
          if ('startedAt' in next && 'startedAt' in instance && next.state !== 'starting') {
            assert.equal(next.startedAt, instance.startedAt);
          }
          instance = next;
        }
      }),
      {seed: 1, numRuns: runs(2_000)},
    );
  });
});

const anyEvent: fc.Arbitrary<InstanceEvent> = fc.oneof(
  fc.record({type: fc.constant('spawned' as const), pid: fc.nat(), at: fc.nat()}),
  fc.record({type: fc.constant('ready' as const), port: fc.integer({min: 1, max: 65_535})}),
  fc.constant({type: 'drain'} as const),
  fc.constant({type: 'exited', exit} as const),
  fc.constant({type: 'stopped'} as const),
);

const ALLOWED: Record<Instance['state'], readonly Instance['state'][]> = {
  stopped: ['starting'],
  starting: ['ready', 'draining', 'exited'],
  ready: ['draining', 'exited'],
  draining: ['stopped'],
  exited: ['starting'],
};

const FIELDS: Record<Instance['state'], readonly string[]> = {
  stopped: ['state'],
  starting: ['pid', 'startedAt', 'state'],
  ready: ['pid', 'port', 'startedAt', 'state'],
  draining: ['pid', 'startedAt', 'state'],
  exited: ['exit', 'startedAt', 'state'],
};

it('says how a process ended in words', () => {
  assert.equal(describeExit({code: 0, signal: null}), 'code 0');
  assert.equal(describeExit({code: null, signal: 'SIGKILL'}), 'signal SIGKILL');
});
