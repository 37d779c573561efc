import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {describeExit, type Instance, type InstanceEvent, STOPPED, transition} from '../../src/supervisor/instance.js';
import {runs} from '../helpers/soak.js';

const exit = {code: 1, signal: null};
const endpoint = {host: '127.0.0.1', port: 4000, isTls: false} as const;
const walk = (...events: readonly InstanceEvent[]): Instance => events.reduce(transition, STOPPED);
const spawned = (pid: number): InstanceEvent => ({type: 'spawned', pid, at: pid * 100});
const listening = (pid: number, port = 4000): InstanceEvent => ({
  type: 'listening',
  pid,
  endpoint: {...endpoint, port},
});
const exited = (pid: number): InstanceEvent => ({type: 'exited', pid, exit, crashes: 0});
const crashed = (pid: number): InstanceEvent => ({type: 'crashed', pid, exit, crashes: 2, retryAt: 1_500});
const givenUp = (pid: number): InstanceEvent => ({type: 'given-up', pid});
const drain: InstanceEvent = {type: 'drain'};
const notSpawned: InstanceEvent = {type: 'not-spawned'};
const gone: InstanceEvent = {type: 'gone'};

describe('an instance', () => {
  it('goes from stopped through starting, ready and draining to stopped', () => {
    assert.deepEqual(walk(spawned(10)), {state: 'starting', pid: 10, startedAt: 1_000});
    assert.deepEqual(walk(spawned(10), listening(10)), {state: 'ready', pid: 10, startedAt: 1_000, endpoint});
    assert.deepEqual(walk(spawned(10), listening(10), drain), {state: 'draining', pid: 10, startedAt: 1_000});
    assert.deepEqual(walk(spawned(10), listening(10), drain, gone), STOPPED);
  });

  it('that ends before it is ready keeps how, until it is spawned again', () => {
    assert.deepEqual(walk(spawned(10), exited(10)), {state: 'exited', startedAt: 1_000, exit, crashes: 0});
    assert.equal(walk(spawned(10), exited(10), spawned(11)).state, 'starting');
  });

  it('that crashes waits for the time at which it starts again', () => {
    const backingOff = walk(spawned(10), listening(10), crashed(10));
    assert.deepEqual(backingOff, {state: 'backing-off', startedAt: 1_000, exit, crashes: 2, retryAt: 1_500});
    assert.equal(transition(backingOff, spawned(11)).state, 'starting');
    assert.equal(transition(backingOff, drain), STOPPED);
    assert.deepEqual(transition(backingOff, notSpawned), {state: 'exited', startedAt: 1_000, exit, crashes: 2});
  });

  it('crashes only when it was ready', () => {
    assert.equal(walk(spawned(10), crashed(10)).state, 'starting');
  });

  it('that drains is not revived by a late readiness', () => {
    assert.equal(walk(spawned(10), drain, listening(10)).state, 'draining');
  });

  it('stays draining until its whole group has stopped, not only its leader', () => {
    assert.equal(walk(spawned(10), drain, exited(10)).state, 'draining');
  });

  it('follows a process that comes to listen elsewhere', () => {
    const moved = walk(spawned(10), listening(10), listening(10, 5000));
    assert.deepEqual(moved, {state: 'ready', pid: 10, startedAt: 1_000, endpoint: {...endpoint, port: 5000}});
  });
});

describe('a restart', () => {
  const restarting = [spawned(10), listening(10), spawned(11)];

  it('has the old one and the next', () => {
    assert.deepEqual(walk(...restarting), {
      state: 'restarting',
      pid: 10,
      startedAt: 1_000,
      endpoint,
      next: {pid: 11, startedAt: 1_100},
    });
  });

  it('ends with the next one when that is ready', () => {
    const ready = walk(...restarting, listening(11, 5000));
    assert.deepEqual(ready, {state: 'ready', pid: 11, startedAt: 1_100, endpoint: {...endpoint, port: 5000}});
    assert.equal(transition(ready, exited(10)), ready, 'the old one is not told of any more');
  });

  it('ends with the old one when the next one fails', () => {
    const old = walk(spawned(10), listening(10));
    assert.deepEqual(walk(...restarting, exited(11)), old);
    assert.deepEqual(walk(...restarting, givenUp(11)), old);
  });

  it('is a start when the old one has ended', () => {
    assert.deepEqual(walk(...restarting, exited(10)), {state: 'starting', pid: 11, startedAt: 1_100});
  });

  it('has no third', () => {
    assert.deepEqual(walk(...restarting, spawned(12)), walk(...restarting));
  });
});

describe('every instance', () => {
  it('never reaches an impossible state, whatever happens in whatever order', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, {maxLength: 40}), events => {
        let instance = STOPPED;
        for (const event of events) {
          const next = transition(instance, event);
          assertPossible(instance, event, next);
          instance = next;
        }
      }),
      {seed: 1, numRuns: runs(3_000)},
    );
  });
});

function assertPossible(before: Instance, event: InstanceEvent, after: Instance): void {
  const step = `${before.state} ${event.type} ${after.state}`;
  assert.ok(after === before || ALLOWED[before.state].includes(after.state), step);
  assert.deepEqual(Object.keys(after).sort(), FIELDS[after.state], step);
  for (const pid of pidsOf(after)) {
    assert.ok(pidsOf(before).includes(pid) || (event.type === 'spawned' && event.pid === pid), step);
  }
  if ('pid' in event && event.type !== 'spawned' && !pidsOf(before).includes(event.pid)) assert.equal(after, before);
}

const pidsOf = (instance: Instance): readonly number[] => [
  ...('pid' in instance ? [instance.pid] : []),
  ...('next' in instance ? [instance.next.pid] : []),
];

// Few, so that events often tell of a process that is there; no two processes have the same.
const anyPid = fc.integer({min: 10, max: 13});

const anyEvent: fc.Arbitrary<InstanceEvent> = fc.oneof(
  anyPid.map(spawned),
  fc.tuple(anyPid, fc.integer({min: 1, max: 65_535})).map(([pid, port]) => listening(pid, port)),
  anyPid.map(exited),
  anyPid.map(crashed),
  anyPid.map(givenUp),
  fc.constantFrom(drain, gone, notSpawned),
);

const ALLOWED: Record<Instance['state'], readonly Instance['state'][]> = {
  stopped: ['starting'],
  starting: ['ready', 'draining', 'exited'],
  ready: ['ready', 'restarting', 'draining', 'backing-off', 'exited'],
  restarting: ['restarting', 'ready', 'starting', 'draining'],
  draining: ['stopped'],
  'backing-off': ['starting', 'stopped', 'exited'],
  exited: ['starting'],
};

const FIELDS: Record<Instance['state'], readonly string[]> = {
  stopped: ['state'],
  starting: ['pid', 'startedAt', 'state'],
  ready: ['endpoint', 'pid', 'startedAt', 'state'],
  restarting: ['endpoint', 'next', 'pid', 'startedAt', 'state'],
  draining: ['pid', 'startedAt', 'state'],
  'backing-off': ['crashes', 'exit', 'retryAt', 'startedAt', 'state'],
  exited: ['crashes', 'exit', 'startedAt', 'state'],
};

it('says how a process ended in words', () => {
  assert.equal(describeExit({code: 0, signal: null}), 'code 0');
  assert.equal(describeExit({code: null, signal: 'SIGKILL'}), 'signal SIGKILL');
});
