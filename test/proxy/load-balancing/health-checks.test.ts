import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {Probe, ProbeResult} from '../../../src/proxy/load-balancing/probe.js';
import type {Upstream} from '../../../src/proxy/upstream.js';
import {addressOf, createTestBalancer, specsOf} from './balancer-harness.js';
import {createFakeClock} from './fake-clock.js';

const PASSED: ProbeResult = {ok: true};
const FAILED: ProbeResult = {ok: false, problem: 'answered 503'};
const [ONE, TWO] = [addressOf(1), addressOf(2)] as const;

type Call = {readonly port: number; readonly at: number; readonly signal: AbortSignal};

/** A probe that says what the test wants and remembers when it was asked. */
function createTestProbe(
  answer: (upstream: Upstream, count: number) => ProbeResult | Promise<ProbeResult> = () => PASSED,
) {
  const clock = createFakeClock(0);
  const calls: Call[] = [];
  const probe: Probe = async (upstream, signal) => {
    calls.push({port: upstream.port, at: clock.now(), signal});
    return answer(upstream, calls.filter(({port}) => port === upstream.port).length);
  };
  return {clock, calls, probe, timesOf: (port: number) => calls.filter(call => call.port === port).map(({at}) => at)};
}

const never = (): Promise<ProbeResult> => new Promise(() => undefined);

describe('health checks', () => {
  it('begin at once and go on every two seconds', async () => {
    const {clock, probe, timesOf} = createTestProbe();
    createTestBalancer({clock, healthCheck: {probe, jitter: 0}});
    await clock.advance(4_000);
    assert.deepEqual(timesOf(1), [0, 2_000, 4_000]);
    assert.deepEqual(timesOf(2), [0, 2_000, 4_000]);
  });

  it('vary their interval by a fifth to each side', async () => {
    const {clock, probe, timesOf} = createTestProbe();
    createTestBalancer({clock, backends: specsOf(1), healthCheck: {probe}});
    await clock.advance(1_000_000);
    const times = timesOf(1);
    const intervals = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    assert.ok(Math.min(...intervals) >= 1_600 && Math.min(...intervals) < 1_650, `${Math.min(...intervals)}`);
    assert.ok(Math.max(...intervals) <= 2_400 && Math.max(...intervals) > 2_350, `${Math.max(...intervals)}`);
  });

  it('make a backend unhealthy after three failures, and healthy after two passes', async () => {
    const {clock, probe} = createTestProbe(({port}, count) => (port === 1 && count <= 3 ? FAILED : PASSED));
    const {balancer, states, changes} = createTestBalancer({clock, healthCheck: {probe, jitter: 0}});
    await clock.advance(2_000);
    assert.deepEqual(states(), ['healthy', 'healthy']);
    assert.equal(balancer.backends[0]?.problem, 'answered 503');
    await clock.advance(2_000);
    assert.deepEqual(states(), ['unhealthy', 'healthy']);
    await clock.advance(2_000);
    assert.deepEqual(states(), ['unhealthy', 'healthy']);
    assert.equal(balancer.backends[0]?.problem, undefined);
    await clock.advance(2_000);
    assert.deepEqual(states(), ['healthy', 'healthy']);
    assert.deepEqual(changes, [
      {address: ONE, previous: 'healthy', state: 'unhealthy', problem: 'answered 503'},
      {address: ONE, previous: 'unhealthy', state: 'healthy', problem: undefined},
    ]);
  });

  it('take the thresholds and times they are given', async () => {
    const {clock, probe, timesOf} = createTestProbe((_, count) => (count === 1 ? FAILED : PASSED));
    const healthCheck = {probe, jitter: 0, intervalMs: 100, rise: 1, fall: 1};
    const {flips} = createTestBalancer({clock, backends: specsOf(1), healthCheck});
    await clock.advance(200);
    assert.deepEqual(timesOf(1), [0, 100, 200]);
    assert.deepEqual(flips(), [`${ONE} healthy -> unhealthy`, `${ONE} unhealthy -> healthy`]);
  });

  it('fail when the answer takes more than a second, and cut the probe', async () => {
    const {clock, probe, calls, timesOf} = createTestProbe(never);
    const {balancer} = createTestBalancer({clock, backends: specsOf(1), healthCheck: {probe, jitter: 0}});
    await clock.advance(999);
    assert.equal(calls[0]?.signal.aborted, false);
    await clock.advance(1);
    assert.equal(calls[0]?.signal.aborted, true);
    assert.equal(balancer.backends[0]?.problem, 'no answer within 1000 ms');
    await clock.advance(2_000);
    assert.deepEqual(timesOf(1), [0, 3_000]);
  });

  it('fail when the probe throws', async () => {
    const clock = createFakeClock();
    const probe: Probe = () => {
      throw new Error('a bug in the probe');
    };
    const {balancer} = createTestBalancer({clock, backends: specsOf(1), healthCheck: {probe}});
    await clock.advance(10_000);
    assert.equal(balancer.backends[0]?.problem, 'a bug in the probe');
    assert.equal(balancer.backends[0]?.state, 'unhealthy');
  });

  it('of one backend do not wait for those of another', async () => {
    const {clock, probe, timesOf} = createTestProbe(({port}) => (port === 1 ? never() : PASSED));
    createTestBalancer({clock, healthCheck: {probe, jitter: 0, timeoutMs: 60_000}});
    await clock.advance(6_000);
    assert.deepEqual(timesOf(1), [0]);
    assert.deepEqual(timesOf(2), [0, 2_000, 4_000, 6_000]);
  });

  it('follow the list: new backends at once, those who left no more, those who stay undisturbed', async () => {
    const {clock, probe, timesOf} = createTestProbe();
    const {balancer} = createTestBalancer({clock, healthCheck: {probe, jitter: 0}});
    await clock.advance(1_000);
    balancer.setBackends(specsOf(1, 1, 1).slice(1));
    await clock.advance(2_000);
    assert.deepEqual(timesOf(1), [0]);
    assert.deepEqual(timesOf(2), [0, 2_000]);
    assert.deepEqual(timesOf(3), [1_000, 3_000]);
  });

  it('of a backend that left report nothing', async () => {
    let answer: (result: ProbeResult) => void = () => undefined;
    const {clock, probe, calls} = createTestProbe(() => new Promise(resolve => (answer = resolve)));
    const {balancer, flips} = createTestBalancer({clock, backends: specsOf(1), healthCheck: {probe, fall: 1}});
    balancer.setBackends([]);
    assert.equal(calls[0]?.signal.aborted, true);
    answer(FAILED);
    await clock.advance(0);
    assert.deepEqual(flips(), []);
  });

  it('leave nothing behind when they are closed', async () => {
    const {clock, probe, calls} = createTestProbe(({port}) => (port === 1 ? never() : PASSED));
    const {balancer} = createTestBalancer({clock, healthCheck: {probe}});
    await clock.advance(0);
    assert.equal(clock.sleeping, 2);
    balancer.close();
    await clock.advance(60_000);
    assert.equal(clock.sleeping, 0);
    assert.ok(calls.every(({signal}) => signal.aborted));
    balancer.setBackends(specsOf(1, 1, 1));
    await clock.advance(60_000);
    assert.equal(calls.length, 2);
    assert.ok(balancer.pick());
  });

  it('do not bring back an ejected backend before its time', async () => {
    const {clock, probe} = createTestProbe();
    const {balancer, states, get} = createTestBalancer({clock, healthCheck: {probe}});
    const two = get(2);
    for (let count = 0; count < 5; count++) balancer.report(two, 'failure');
    await clock.advance(9_000);
    assert.deepEqual(states(), ['healthy', 'ejected']);
    assert.equal(balancer.pick(undefined, [get(1)])?.address, TWO);
  });
});
