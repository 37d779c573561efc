import assert from 'node:assert/strict';
import {beforeEach, describe, it} from 'vitest';
import {
  type Activity,
  createIdleStop,
  decideIdleStop,
  type IdleStop,
  type IdleTimeout,
  LONGEST_LOOK_MS,
} from '../../src/supervisor/idle-stop.js';
import type {Instance} from '../../src/supervisor/instance.js';
import {createFakeClock, type FakeClock} from '../proxy/load-balancing/fake-clock.js';

const MINUTE_MS = 60_000;
const READY: Instance = {
  state: 'ready',
  pid: 1,
  startedAt: 0,
  endpoint: {host: '127.0.0.1', port: 4000, isTls: false},
};
const STARTING: Instance = {state: 'starting', pid: 1, startedAt: 0};

let clock: FakeClock;
let idleStop: IdleStop;
let activity: Activity;
let timeout: IdleTimeout;
let stopped: string[];
let stop: () => Promise<void>;

beforeEach(() => {
  clock = createFakeClock();
  activity = {inFlight: 0, lastActiveAt: 0};
  timeout = 30 * MINUTE_MS;
  stopped = [];
  stop = async () => idleStop.observe('web', {state: 'stopped'});
  idleStop = createIdleStop({
    clock,
    activityOf: () => activity,
    idleTimeoutOf: () => timeout,
    stop: (app, because) => {
      stopped.push(`${app}: ${because}`);
      return stop();
    },
  });
});

describe('an app that is ready', () => {
  it('stops when nothing used it for its timeout, counted from when it became ready', async () => {
    idleStop.observe('web', READY);
    await clock.advance(30 * MINUTE_MS - 1);
    assert.deepEqual(stopped, []);
    await clock.advance(1);
    assert.deepEqual(stopped, ['web: nothing used it for 30 min']);
    assert.equal(clock.sleeping, 0);
  });

  it('goes on for as long as anything is in flight, and for its timeout after that', async () => {
    activity = {inFlight: 1, lastActiveAt: clock.now()};
    idleStop.observe('web', READY);
    await clock.advance(300 * MINUTE_MS);
    activity = {inFlight: 0, lastActiveAt: clock.now()};
    await clock.advance(29 * MINUTE_MS);
    assert.deepEqual(stopped, []);
    await clock.advance(MINUTE_MS);
    assert.equal(stopped.length, 1);
  });

  it('never stops if it is not to', async () => {
    timeout = 'never';
    idleStop.observe('web', READY);
    await clock.advance(3_000 * MINUTE_MS);
    assert.deepEqual(stopped, []);
  });

  it('follows a timeout that changes', async () => {
    idleStop.observe('web', READY);
    await clock.advance(5 * MINUTE_MS);
    timeout = 1_000;
    await clock.advance(LONGEST_LOOK_MS);
    assert.equal(stopped.length, 1);
  });

  it('is tried again when a stop fails', async () => {
    stop = async () => assert.fail('no');
    idleStop.observe('web', READY);
    await clock.advance(31 * MINUTE_MS);
    assert.equal(stopped.length, 2);
  });

  it('counts anew after each restart', async () => {
    idleStop.observe('web', READY);
    await clock.advance(29 * MINUTE_MS);
    idleStop.observe('web', {...READY, state: 'restarting', next: {pid: 2, startedAt: 0}});
    await clock.advance(29 * MINUTE_MS);
    idleStop.observe('web', READY);
    await clock.advance(29 * MINUTE_MS);
    assert.deepEqual(stopped, []);
  });
});

describe('idle stop', () => {
  it('leaves alone what is not ready', async () => {
    idleStop.observe('web', STARTING);
    await clock.advance(300 * MINUTE_MS);
    assert.deepEqual(stopped, []);
  });

  it('stops nothing after it has been closed', async () => {
    idleStop.observe('web', READY);
    idleStop.close();
    idleStop.observe('other', READY);
    await clock.advance(300 * MINUTE_MS);
    assert.deepEqual(stopped, []);
    assert.equal(clock.sleeping, 0);
  });

  it('decides by what is in flight before the time', () => {
    assert.equal(decideIdleStop({inFlight: 1, lastActiveAt: 0}, 10, 1_000).action, 'look-again');
    assert.deepEqual(decideIdleStop({inFlight: 0, lastActiveAt: 0}, 10, 1_000), {action: 'stop', idleMs: 1_000});
    assert.deepEqual(decideIdleStop({inFlight: 0, lastActiveAt: 995}, 10, 1_000), {action: 'look-again', afterMs: 5});
  });
});
