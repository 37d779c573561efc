import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import {ALGORITHMS, isAlgorithmName} from '../../../src/proxy/load-balancing/algorithms/algorithms.js';
import {type Backend, backendAddress} from '../../../src/proxy/load-balancing/backend.js';
import {createLoadBalancer} from '../../../src/proxy/load-balancing/load-balancer.js';
import {addressOf, countPicks, createTestBalancer, seededRandom, specsOf} from './balancer-harness.js';
import {createFakeClock} from './fake-clock.js';

const [ONE, TWO, THREE] = [addressOf(1), addressOf(2), addressOf(3)] as const;

/** Reports failures until the default threshold ejects. */
const failFiveTimes = ({report}: {report(backend: Backend, outcome: 'failure'): void}, backend: Backend): void => {
  for (let count = 0; count < 5; count++) report(backend, 'failure');
};

describe('a backend', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:3000'],
    ['::1', '[::1]:3000'],
    ['db.internal', 'db.internal:3000'],
  ])('on %s is known as %s', (host, address) => {
    assert.equal(backendAddress({host, port: 3000}), address);
  });

  it.each([0, -1, 1.5, 257, Number.NaN, Number.POSITIVE_INFINITY])('cannot weigh %d', weight => {
    assert.throws(() => createLoadBalancer({backends: specsOf(weight)}), RangeError);
  });
});

describe('picking', () => {
  it('gives nothing when there is no backend', () => {
    const {balancer} = createTestBalancer({backends: []});
    assert.equal(balancer.pick(), undefined);
  });

  it('gives nothing at once when all are unhealthy', () => {
    const {balancer} = createTestBalancer();
    balancer.setHealth(ONE, false);
    balancer.setHealth(TWO, false);
    assert.equal(balancer.pick(), undefined);
  });

  it('begins healthy, or as it is told', () => {
    assert.deepEqual(createTestBalancer().states(), ['healthy', 'healthy']);
    const {balancer, states} = createTestBalancer({initialHealth: 'unhealthy'});
    assert.deepEqual(states(), ['unhealthy', 'unhealthy']);
    balancer.setHealth(TWO, true);
    assert.equal(balancer.pick()?.address, TWO);
  });

  it('skips what the request has tried, until nothing is left', () => {
    const {balancer} = createTestBalancer();
    const first = balancer.pick();
    assert.ok(first);
    const second = balancer.pick(undefined, [first]);
    assert.ok(second);
    assert.notEqual(second, first);
    assert.equal(balancer.pick(undefined, [first, second]), undefined);
  });

  it('goes to an ejected backend when the others were tried, and never to an unhealthy one', () => {
    const {balancer, get} = createTestBalancer({backends: specsOf(1, 1, 1)});
    const [one, two, three] = [get(1), get(2), get(3)];
    failFiveTimes(balancer, one);
    balancer.setHealth(THREE, false);
    assert.deepEqual(countPicks(balancer.pick, 10), new Map([[TWO, 10]]));
    assert.equal(balancer.pick(undefined, [two]), one);
    assert.equal(balancer.pick(undefined, [two, one]), undefined);
    balancer.setHealth(TWO, false);
    assert.equal(balancer.pick(), one);
    assert.equal(balancer.pick(undefined, [one, three]), undefined);
  });

  it('uses the algorithm it was given', () => {
    const {balancer} = createTestBalancer({algorithm: 'consistent-hash', backends: specsOf(1, 1, 1)});
    const addresses = Array.from({length: 20}, () => balancer.pick('a session')?.address);
    assert.equal(new Set(addresses).size, 1);
  });

  it('never gives an unhealthy backend, nor an ejected one beside an available one, whatever happens', () => {
    const port = fc.integer({min: 1, max: 4});
    const event = fc.oneof(
      fc.record({type: fc.constant('health' as const), port, isHealthy: fc.boolean()}),
      fc.record({type: fc.constant('failures' as const), port}),
      fc.record({type: fc.constant('success' as const), port}),
      fc.record({type: fc.constant('time' as const), ms: fc.integer({min: 1, max: 30_000})}),
      fc.record({type: fc.constant('list' as const), length: fc.integer({min: 0, max: 4})}),
    );
    const algorithm = fc.constantFrom(...Object.keys(ALGORITHMS).filter(isAlgorithmName));
    fc.assert(
      fc.property(algorithm, fc.array(event, {maxLength: 40}), (name, events) => {
        let now = 0;
        const clock = {...createFakeClock(), now: () => now};
        const backends = specsOf(1, 2, 1, 3);
        const balancer = createLoadBalancer({
          backends,
          algorithm: name,
          slowStartMs: 5_000,
          clock,
          random: seededRandom(1),
        });
        const known = new Map<string, Backend>();
        for (const one of events) {
          if (one.type === 'health') balancer.setHealth(addressOf(one.port), one.isHealthy);
          if (one.type === 'time') now += one.ms;
          if (one.type === 'list') balancer.setBackends(backends.slice(0, one.length));
          const backend = 'port' in one ? known.get(addressOf(one.port)) : undefined;
          if (backend && one.type === 'failures') failFiveTimes(balancer, backend);
          if (backend && one.type === 'success') balancer.report(backend, 'success');
          const picked = balancer.pick('key');
          if (picked) known.set(picked.address, picked);
          const states = new Map(balancer.backends.map(({address, state}) => [address, state]));
          const [available, ejected] = [
            [...states.values()].filter(state => state === 'healthy' || state === 'slow-start').length,
            [...states.values()].filter(state => state === 'ejected').length,
          ];
          assert.ok(ejected <= Math.max(2, backends.length / 2));
          assert.equal(picked === undefined, available + ejected === 0);
          const state = picked && states.get(picked.address);
          assert.notEqual(state, 'unhealthy');
          assert.equal(state === 'ejected', available === 0 && ejected > 0);
        }
        balancer.close();
      }),
      {seed: 20_261_121, numRuns: 300},
    );
  });
});

describe('requests in flight', () => {
  it('are counted from acquire to the first release', () => {
    const {balancer, get} = createTestBalancer();
    const one = get(1);
    const leases = [balancer.acquire(one), balancer.acquire(one)];
    assert.equal(one.inFlight, 2);
    assert.equal(leases[0]?.backend, one);
    leases[0]?.release();
    leases[0]?.release();
    assert.equal(one.inFlight, 1);
    leases[1]?.release();
    assert.deepEqual(
      balancer.backends.map(({inFlight}) => inFlight),
      [0, 0],
    );
  });

  it('send the next request elsewhere', () => {
    const {balancer, get} = createTestBalancer({backends: specsOf(1, 1, 1)});
    balancer.acquire(get(1));
    balancer.acquire(get(3));
    assert.deepEqual(countPicks(balancer.pick, 5), new Map([[TWO, 5]]));
  });
});

describe('a failing backend', () => {
  it('is put aside after five failures in a row and comes back after ten seconds', async () => {
    const {balancer, clock, states, get} = createTestBalancer();
    failFiveTimes(balancer, get(1));
    assert.deepEqual(states(), ['ejected', 'healthy']);
    assert.deepEqual(countPicks(balancer.pick, 4), new Map([[TWO, 4]]));
    await clock.advance(9_999);
    assert.deepEqual(countPicks(balancer.pick, 4), new Map([[TWO, 4]]));
    await clock.advance(1);
    assert.deepEqual(
      countPicks(balancer.pick, 4),
      new Map([
        [ONE, 2],
        [TWO, 2],
      ]),
    );
    assert.deepEqual(states(), ['healthy', 'healthy']);
  });

  it('stays when a success comes in between', () => {
    const {balancer, states, get} = createTestBalancer();
    const one = get(1);
    for (let count = 0; count < 20; count++) balancer.report(one, count % 5 === 4 ? 'success' : 'failure');
    assert.deepEqual(states(), ['healthy', 'healthy']);
  });

  it('stays when half of all are ejected already, until one of them is back', async () => {
    const {balancer, clock, states, get} = createTestBalancer({backends: specsOf(1, 1, 1)});
    const [one, two] = [get(1), get(2)];
    failFiveTimes(balancer, one);
    failFiveTimes(balancer, two);
    assert.deepEqual(states(), ['ejected', 'healthy', 'healthy']);
    await clock.advance(10_000);
    balancer.report(two, 'failure');
    assert.deepEqual(states(), ['healthy', 'ejected', 'healthy']);
  });

  it('stays when it is the only one', () => {
    const {balancer, states, get} = createTestBalancer({backends: specsOf(1)});
    failFiveTimes(balancer, get(1));
    assert.deepEqual(states(), ['healthy']);
  });

  it('stays when ejection is off', () => {
    const {balancer, states, get} = createTestBalancer({passive: 'off'});
    failFiveTimes(balancer, get(1));
    assert.deepEqual(states(), ['healthy', 'healthy']);
  });

  it('follows the numbers it is given', async () => {
    const passive = {consecutiveFailures: 2, baseEjectionMs: 50, maxEjectedShare: 1};
    const {balancer, clock, states, get} = createTestBalancer({backends: specsOf(1), passive});
    const one = get(1);
    balancer.report(one, 'failure');
    balancer.report(one, 'failure');
    assert.deepEqual(states(), ['ejected']);
    await clock.advance(50);
    assert.deepEqual(states(), ['healthy']);
  });

  it('is forgiven when it falls ill and recovers', () => {
    const {balancer, states, get} = createTestBalancer();
    failFiveTimes(balancer, get(1));
    balancer.setHealth(ONE, false);
    assert.deepEqual(states(), ['unhealthy', 'healthy']);
    balancer.setHealth(ONE, true);
    assert.deepEqual(states(), ['healthy', 'healthy']);
  });

  it('is not a concern of the list any more once it has left', () => {
    const {balancer, flips, get} = createTestBalancer();
    const one = get(1);
    balancer.setBackends(specsOf(1, 1, 1).slice(1));
    failFiveTimes(balancer, one);
    assert.deepEqual(flips(), []);
  });
});

describe('slow start', () => {
  const slowStartMs = 10_000;

  it('gives a backend that came back a growing share', async () => {
    const {balancer, clock, states} = createTestBalancer({slowStartMs, algorithm: 'round-robin'});
    balancer.setHealth(ONE, false);
    balancer.setHealth(ONE, true);
    assert.deepEqual(states(), ['slow-start', 'healthy']);
    const shares: number[] = [];
    for (let step = 0; step < 5; step++) {
      shares.push((countPicks(balancer.pick, 1_100).get(ONE) ?? 0) / 1_100);
      await clock.advance(2_500);
    }
    const expected = [0.1, 0.25, 0.5, 0.75, 1].map(weight => weight / (1 + weight));
    shares.forEach((share, step) => void assert.ok(Math.abs(share - (expected[step] ?? 0)) < 0.01, `${shares}`));
    assert.deepEqual(states(), ['healthy', 'healthy']);
  });

  it('is for those who join others, not for the first', () => {
    const {balancer, states} = createTestBalancer({slowStartMs, backends: []});
    balancer.setBackends(specsOf(1, 1));
    assert.deepEqual(states(), ['healthy', 'healthy']);
    balancer.setBackends(specsOf(1, 1, 1));
    assert.deepEqual(states(), ['healthy', 'healthy', 'slow-start']);
  });

  it('begins when an ejection ends, even if nobody looked then', async () => {
    const {balancer, clock, states, get} = createTestBalancer({slowStartMs});
    failFiveTimes(balancer, get(1));
    await clock.advance(15_000);
    const one = get(1);
    assert.deepEqual(states(), ['slow-start', 'healthy']);
    assert.equal(one.effectiveWeight, 0.5);
    await clock.advance(5_000);
    assert.deepEqual(states(), ['healthy', 'healthy']);
    assert.equal(one.effectiveWeight, 1);
  });

  it('counts for the new weight when that changes on the way', async () => {
    const {balancer, clock, get} = createTestBalancer({slowStartMs});
    balancer.setHealth(ONE, false);
    balancer.setHealth(ONE, true);
    await clock.advance(5_000);
    balancer.setBackends(specsOf(8, 1));
    assert.equal(get(1).effectiveWeight, 4);
  });

  it('is none unless asked for', () => {
    const {balancer, states} = createTestBalancer();
    balancer.setHealth(ONE, false);
    balancer.setHealth(ONE, true);
    balancer.setBackends(specsOf(1, 1, 1));
    assert.deepEqual(states(), ['healthy', 'healthy', 'healthy']);
  });
});

describe('a new list', () => {
  it('keeps state, requests in flight and identity of those who stay', () => {
    const {balancer, states, get} = createTestBalancer();
    const [one, two] = [get(1), get(2)];
    const lease = balancer.acquire(two);
    failFiveTimes(balancer, one);
    balancer.setBackends(specsOf(3, 2, 1).toReversed());
    assert.deepEqual(states(), ['healthy', 'healthy', 'ejected']);
    assert.deepEqual(
      balancer.backends.map(({address, inFlight, weight}) => [address, inFlight, weight]),
      [
        [THREE, 0, 1],
        [TWO, 1, 2],
        [ONE, 0, 3],
      ],
    );
    lease.release();
    assert.equal(two.inFlight, 0);
    assert.equal(get(2), two);
  });

  it('keeps the upstream object unless something about it is different', () => {
    const {balancer, get} = createTestBalancer();
    const {upstream} = get(1);
    balancer.setBackends(structuredClone(specsOf(1, 1)));
    assert.equal(get(1).upstream, upstream);
    const changed = {host: '127.0.0.1', port: 1, protocol: 'h2c'} as const;
    balancer.setBackends([{upstream: changed}]);
    assert.equal(get(1).upstream, changed);
  });

  it('leaves those who go out of every pick, and lets their requests end', () => {
    const {balancer, get} = createTestBalancer();
    const one = get(1);
    const lease = balancer.acquire(one);
    balancer.setBackends(specsOf(1, 1).slice(1));
    assert.deepEqual(countPicks(balancer.pick, 4), new Map([[TWO, 4]]));
    lease.release();
    assert.equal(one.inFlight, 0);
  });

  it('counts an address once, the first time', () => {
    const [one] = specsOf(5);
    const {balancer} = createTestBalancer();
    balancer.setBackends([one ?? assert.fail(), ...specsOf(1, 1)]);
    assert.deepEqual(
      balancer.backends.map(({address, weight}) => [address, weight]),
      [
        [ONE, 5],
        [TWO, 1],
      ],
    );
  });

  it('with a bad weight changes nothing', () => {
    const {balancer} = createTestBalancer();
    assert.throws(() => balancer.setBackends(specsOf(7, 0)), /weight 0 of 127\.0\.0\.1:2/);
    assert.deepEqual(
      balancer.backends.map(({weight}) => weight),
      [1, 1],
    );
  });

  it('applies to every algorithm at once', () => {
    for (const algorithm of Object.keys(ALGORITHMS).filter(isAlgorithmName)) {
      const {balancer} = createTestBalancer({algorithm});
      balancer.setBackends([{upstream: {host: '::1', port: 9}}]);
      assert.equal(balancer.pick('key')?.address, '[::1]:9');
    }
  });
});

describe('the observer', () => {
  it('is told of every change of state once', async () => {
    const {balancer, clock, flips, get} = createTestBalancer({slowStartMs: 1_000});
    failFiveTimes(balancer, get(1));
    balancer.setHealth(TWO, false);
    balancer.setHealth(TWO, false);
    await clock.advance(10_000);
    balancer.pick();
    await clock.advance(1_000);
    balancer.pick();
    balancer.pick();
    assert.deepEqual(flips(), [
      `${ONE} healthy -> ejected`,
      `${TWO} healthy -> unhealthy`,
      `${ONE} ejected -> slow-start`,
      `${ONE} slow-start -> healthy`,
    ]);
  });

  it('sees the change in what it picks', () => {
    const picked: (string | undefined)[] = [];
    const balancer = createLoadBalancer({
      backends: specsOf(1, 1),
      onChange: () => picked.push(balancer.pick()?.address),
    });
    balancer.setHealth(ONE, false);
    balancer.setHealth(TWO, false);
    assert.deepEqual(picked, [TWO, undefined]);
  });

  it('hears nothing of an address that is not in the list', () => {
    const {balancer, flips} = createTestBalancer();
    balancer.setHealth('127.0.0.1:9', false);
    assert.deepEqual(flips(), []);
  });
});
