import assert from 'node:assert/strict';
import fc from 'fast-check';
import {describe, it} from 'vitest';
import type {Candidate} from '../../../src/proxy/load-balancing/algorithms/algorithm.js';
import {
  ALGORITHMS,
  type AlgorithmName,
  DEFAULT_ALGORITHM,
  isAlgorithmName,
} from '../../../src/proxy/load-balancing/algorithms/algorithms.js';
import type {Availability} from '../../../src/proxy/load-balancing/backend.js';
import {addressOf, countPicks, seededRandom} from './balancer-harness.js';

const NAMES = Object.keys(ALGORITHMS).filter(isAlgorithmName);
const SEEDED = {seed: 20_261_121, numRuns: 100};

type Mutable = {-readonly [Key in keyof Candidate]: Candidate[Key]};

function candidate(index: number, values: Partial<Candidate> = {}): Mutable {
  const {weight = 1} = values;
  return {
    address: addressOf(index + 1),
    upstream: {host: '127.0.0.1', port: index + 1},
    weight,
    effectiveWeight: weight,
    inFlight: 0,
    availability: 'available',
    turn: 0,
    ...values,
  };
}

const candidates = (...weights: readonly number[]): Mutable[] =>
  weights.map((weight, index) => candidate(index, {weight}));

const prepare = (name: AlgorithmName, backends: readonly Candidate[], seed = 1) =>
  ALGORITHMS[name].prepare(backends, seededRandom(seed));

const someWeights = fc.array(fc.integer({min: 1, max: 9}), {minLength: 1, maxLength: 8});

const someBackends = fc
  .array(
    fc.record({
      weight: fc.integer({min: 1, max: 5}),
      inFlight: fc.integer({min: 0, max: 9}),
      availability: fc.constantFrom<Availability>('available', 'ejected', 'unhealthy'),
      isTried: fc.boolean(),
    }),
    {maxLength: 8},
  )
  .map(list => {
    const backends = list.map(({isTried, ...values}, index) => candidate(index, values));
    return {backends, tried: backends.filter((_, index) => list[index]?.isTried)};
  });

describe.each(NAMES)('%s', name => {
  it('chooses only among those as available as asked for and not tried, and one of them if there is any', () => {
    fc.assert(
      fc.property(
        someBackends,
        fc.constantFrom<Availability>('available', 'ejected'),
        fc.option(fc.string(), {nil: undefined}),
        ({backends, tried}, availability, key) => {
          const allowed = backends.filter(one => one.availability === availability && !tried.includes(one));
          const select = prepare(name, backends);
          for (let round = 0; round < 20; round++) {
            const chosen = select(availability, tried, key);
            assert.equal(chosen !== undefined, allowed.length > 0);
            assert.ok(chosen === undefined || allowed.includes(chosen as Mutable));
          }
        },
      ),
      SEEDED,
    );
  });

  it('tries every backend once before there is none left', () => {
    fc.assert(
      fc.property(someWeights, fc.string(), (weights, key) => {
        const backends = candidates(...weights);
        const select = prepare(name, backends);
        const tried: Candidate[] = [];
        for (let next = select('available', tried, key); next; next = select('available', tried, key)) tried.push(next);
        assert.deepEqual(new Set(tried), new Set(backends));
        assert.equal(tried.length, backends.length);
      }),
      SEEDED,
    );
  });

  it('gives each backend its share by weight when nothing lasts', () => {
    const backends = candidates(1, 2, 5);
    const select = prepare(name, backends);
    const times = 40_000;
    const counts = countPicks(
      key => select('available', [], key),
      times,
      index => `session-${index}`,
    );
    for (const {address, weight} of backends) {
      const share = (counts.get(address) ?? 0) / times;
      assert.ok(Math.abs(share - weight / 8) < 0.04, `${address} got ${share} for a weight of ${weight} of 8`);
    }
  });

  it('says in a few words what it does', () => {
    assert.match(ALGORITHMS[name].summary, /^[a-z].{10,70}[^.]$/);
  });
});

describe('round-robin', () => {
  it('spaces heavy backends as nginx does: 5, 1, 1 gives a a b a c a a', () => {
    const select = prepare('round-robin', candidates(5, 1, 1));
    const order = Array.from({length: 14}, () => select('available', [], undefined)?.upstream.port);
    assert.deepEqual(order, [1, 1, 2, 1, 3, 1, 1, 1, 1, 2, 1, 3, 1, 1]);
  });

  it('gives exactly the weights in every cycle', () => {
    fc.assert(
      fc.property(someWeights, weights => {
        const backends = candidates(...weights);
        const select = prepare('round-robin', backends);
        const cycle = weights.reduce((sum, weight) => sum + weight, 0);
        for (let round = 0; round < 3; round++) {
          const counts = countPicks(() => select('available', [], undefined), cycle);
          for (const {address, weight} of backends) assert.equal(counts.get(address), weight);
        }
      }),
      SEEDED,
    );
  });

  it('is smooth: no backend is ever a whole turn per other backend ahead of or behind its share', () => {
    fc.assert(
      fc.property(someWeights, weights => {
        const backends = candidates(...weights);
        const select = prepare('round-robin', backends);
        const total = weights.reduce((sum, weight) => sum + weight, 0);
        const picked = new Map<Candidate, number>();
        for (let count = 1; count <= total * 2; count++) {
          const chosen = select('available', [], undefined);
          assert.ok(chosen);
          picked.set(chosen, (picked.get(chosen) ?? 0) + 1);
          for (const backend of backends) {
            const due = (count * backend.weight) / total;
            const lead = (picked.get(backend) ?? 0) - due;
            assert.ok(Math.abs(lead) < Math.max(1, backends.length - 1), `lead of ${lead} with ${weights}`);
          }
        }
      }),
      SEEDED,
    );
  });
});

describe('least-in-flight', () => {
  it('is what is used unless another is named', () => {
    assert.equal(DEFAULT_ALGORITHM, 'least-in-flight');
  });

  it('never chooses a backend that is busier for its weight than another', () => {
    fc.assert(
      fc.property(someBackends, ({backends}) => {
        const chosen = prepare('least-in-flight', backends)('available', [], undefined);
        const loads = backends
          .filter(({availability}) => availability === 'available')
          .map(({inFlight, weight}) => inFlight / weight);
        assert.equal(chosen && chosen.inFlight / chosen.weight, loads.length > 0 ? Math.min(...loads) : undefined);
      }),
      SEEDED,
    );
  });

  it('rotates among equals', () => {
    const backends = [candidate(0, {inFlight: 2}), candidate(1), candidate(2), candidate(3, {inFlight: 1})];
    const select = prepare('least-in-flight', backends);
    const order = Array.from({length: 6}, () => select('available', [], undefined)?.upstream.port);
    assert.deepEqual(order, [2, 3, 2, 3, 2, 3]);
  });

  it('fills backends in proportion to their weights when requests last', () => {
    const backends = candidates(1, 2, 3);
    const select = prepare('least-in-flight', backends);
    for (let count = 0; count < 60; count++) {
      const chosen = select('available', [], undefined) as Mutable;
      chosen.inFlight += 1;
    }
    assert.deepEqual(
      backends.map(({inFlight}) => inFlight),
      [10, 20, 30],
    );
  });
});

describe('power-of-two', () => {
  it('takes the less busy of the two it draws, so never the busiest of all', () => {
    const backends = [candidate(0, {inFlight: 9}), candidate(1, {inFlight: 1}), candidate(2, {inFlight: 1})];
    const select = prepare('power-of-two', backends);
    const counts = countPicks(() => select('available', [], undefined), 2_000);
    assert.equal(counts.get(addressOf(1)), undefined);
  });

  it('draws two different backends', () => {
    const [busy, idle] = [candidate(0, {inFlight: 1, weight: 9}), candidate(1)];
    const select = prepare('power-of-two', [busy, idle]);
    assert.deepEqual(
      countPicks(() => select('available', [], undefined), 500),
      new Map([[idle.address, 500]]),
    );
  });

  it('chooses the last candidate even if the random number is as high as can be', () => {
    const backends = [...candidates(1, 1, 1), candidate(3, {availability: 'unhealthy'})];
    const select = ALGORITHMS['power-of-two'].prepare(backends, () => 1);
    assert.equal(select('available', [], undefined)?.address, addressOf(3));
  });
});

describe('consistent-hash', () => {
  const keys = Array.from({length: 10_000}, (_, index) => `session-${index}`);
  const ownersOf = (backends: readonly Candidate[]): (string | undefined)[] => {
    const select = prepare('consistent-hash', backends);
    return keys.map(key => select('available', [], key)?.address);
  };

  it('gives the same backend for the same key, however busy it is', () => {
    const backends = candidates(1, 1, 1);
    const before = ownersOf(backends);
    for (const backend of backends) backend.inFlight = backend.upstream.port * 100;
    assert.deepEqual(ownersOf(backends), before);
  });

  it('does not depend on the order of the list', () => {
    const backends = candidates(1, 2, 3, 1);
    assert.deepEqual(ownersOf(backends.toReversed()), ownersOf(backends));
  });

  it('moves about 1/N of the keys when one of N backends goes, and only those it had', () => {
    const backends = candidates(...Array.from({length: 10}, () => 1));
    const before = ownersOf(backends);
    for (const gone of backends) {
      const after = ownersOf(backends.filter(backend => backend !== gone));
      const moved = keys.filter((_, index) => before[index] !== after[index]).length;
      assert.ok(moved > 600 && moved < 1_400, `${moved} of 10000 keys moved`);
      assert.equal(moved, before.filter(owner => owner === gone.address).length);
    }
  });

  it('sends the keys of an unavailable or tried backend where they would go without it', () => {
    const backends = candidates(1, 1, 1, 1);
    const [first, ...others] = backends as [Mutable, ...Mutable[]];
    const without = ownersOf(others);
    const select = prepare('consistent-hash', backends);
    assert.deepEqual(
      keys.map(key => select('available', [first], key)?.address),
      without,
    );
    first.availability = 'ejected';
    assert.deepEqual(ownersOf(backends), without);
  });

  it('spreads what the lost backend had over all others', () => {
    const backends = candidates(1, 1, 1, 1, 1);
    const before = ownersOf(backends);
    const after = ownersOf(backends.slice(1));
    const heirs = new Set(after.filter((_, index) => before[index] === backends[0]?.address));
    assert.equal(heirs.size, 4);
  });

  it('is not moved by a slow start', () => {
    const backends = candidates(1, 1, 1);
    const before = ownersOf(backends);
    for (const backend of backends) backend.effectiveWeight = backend.upstream.port / 10;
    assert.deepEqual(ownersOf(backends), before);
  });

  it('sends a request without a key to the least busy backend', () => {
    const backends = [candidate(0, {inFlight: 2}), candidate(1), candidate(2, {inFlight: 1})];
    const select = prepare('consistent-hash', backends);
    assert.deepEqual(
      countPicks(() => select('available', [], undefined), 10),
      new Map([[addressOf(2), 10]]),
    );
  });
});
