import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import type {BackendSpec} from '../../../src/proxy/load-balancing/backend.js';
import {
  type BackendSource,
  createSnapshotBackends,
  createStaticBackends,
} from '../../../src/proxy/load-balancing/backend-source.js';
import {createDnsBackends, type DnsBackendsOptions} from '../../../src/proxy/load-balancing/dns-backends.js';
import {createTestBalancer, specsOf} from './balancer-harness.js';
import {createFakeClock} from './fake-clock.js';

/** Starts a source and remembers every list it gives. */
function follow(source: BackendSource) {
  const lists: (readonly BackendSpec[])[] = [];
  const running = source.start(list => lists.push(list));
  onTestFinished(() => running.close());
  return {lists, running};
}

describe('static backends', () => {
  it('are given once, at once', async () => {
    const {lists, running} = follow(createStaticBackends(specsOf(1, 2)));
    assert.deepEqual(lists, [specsOf(1, 2)]);
    await running.ready;
  });
});

describe('snapshot backends', () => {
  it('give the latest list, and each new one until closed', () => {
    const source = createSnapshotBackends();
    source.set(specsOf(1));
    const {lists, running} = follow(source);
    source.set(specsOf(1, 1));
    running.close();
    source.set(specsOf(1, 1, 1));
    assert.deepEqual(lists, [specsOf(1), specsOf(1, 1)]);
  });

  it('are given to all who listen', () => {
    const source = createSnapshotBackends(specsOf(1));
    const [first, second] = [follow(source), follow(source)];
    source.set(specsOf(2));
    assert.deepEqual(first.lists, [specsOf(1), specsOf(2)]);
    assert.deepEqual(second.lists, first.lists);
  });

  it('feed a balancer', () => {
    const {balancer} = createTestBalancer({backends: []});
    const source = createSnapshotBackends(specsOf(1));
    source.start(balancer.setBackends);
    assert.equal(balancer.pick()?.upstream.port, 1);
    source.set(specsOf(1).map(({upstream}) => ({upstream: {...upstream, port: 9}})));
    assert.equal(balancer.pick()?.upstream.port, 9);
  });
});

/** DNS backends whose lookups answer in turn; the last answer stays. */
function followDns(answers: readonly (readonly string[] | Error)[], options: Partial<DnsBackendsOptions> = {}) {
  const clock = createFakeClock();
  const problems: string[] = [];
  let lookups = 0;
  const source = createDnsBackends({
    name: 'app.internal',
    port: 3000,
    clock,
    onProblem: problem => problems.push(problem),
    resolve: async () => {
      const answer = answers[Math.min(lookups++, answers.length - 1)] ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
    ...options,
  });
  const {lists, running} = follow(source);
  return {
    clock,
    problems,
    running,
    lookups: () => lookups,
    hosts: () => lists.map(list => list.map(({upstream}) => upstream.host)),
    lists,
  };
}

describe('DNS backends', () => {
  it('are every address of the name, with the port and weight given', async () => {
    const {lists, running} = followDns([['10.0.0.2', 'fd00::1', '10.0.0.1']], {weight: 3});
    await running.ready;
    assert.deepEqual(lists, [
      ['10.0.0.1', '10.0.0.2', 'fd00::1'].map(host => ({upstream: {host, port: 3000}, weight: 3})),
    ]);
  });

  it('are looked up again every five seconds, and given when they are others', async () => {
    const {clock, hosts, lookups} = followDns([['10.0.0.1', '10.0.0.2'], ['10.0.0.2', '10.0.0.1'], ['10.0.0.2']]);
    await clock.advance(5_000);
    assert.equal(lookups(), 2);
    assert.deepEqual(hosts(), [['10.0.0.1', '10.0.0.2']]);
    await clock.advance(5_000);
    assert.deepEqual(hosts(), [['10.0.0.1', '10.0.0.2'], ['10.0.0.2']]);
  });

  it('stay as they are while lookups fail or find nothing, which is told once', async () => {
    const failure = new Error('queryA ESERVFAIL app.internal');
    const answers = [['10.0.0.1'], failure, [], failure, ['10.0.0.1'], failure, ['10.0.0.9']];
    const {clock, hosts, problems} = followDns(answers, {intervalMs: 100});
    await clock.advance(350);
    assert.deepEqual(hosts(), [['10.0.0.1']]);
    assert.deepEqual(problems, ['app.internal could not be looked up: queryA ESERVFAIL app.internal']);
    await clock.advance(300);
    assert.deepEqual(hosts(), [['10.0.0.1'], ['10.0.0.9']]);
    assert.equal(problems.length, 2);
  });

  it('are ready even if the first lookup fails, and come when one succeeds', async () => {
    const {clock, hosts, problems, running} = followDns([[], ['10.0.0.1']]);
    await running.ready;
    assert.deepEqual(problems, ['app.internal has no address']);
    assert.deepEqual(hosts(), []);
    await clock.advance(5_000);
    assert.deepEqual(hosts(), [['10.0.0.1']]);
  });

  it('are looked up no more when closed', async () => {
    const {clock, lookups, running} = followDns([['10.0.0.1']]);
    await clock.advance(0);
    running.close();
    await clock.advance(60_000);
    assert.equal(lookups(), 1);
    assert.equal(clock.sleeping, 0);
  });

  it('are not given by a lookup that ends after closing', async () => {
    let signalSeen: AbortSignal | undefined;
    let end: (addresses: string[]) => void = () => undefined;
    const resolve = (_: string, signal: AbortSignal): Promise<string[]> => {
      signalSeen = signal;
      return new Promise(resolve => (end = resolve));
    };
    const {hosts, running} = followDns([], {resolve});
    running.close();
    assert.equal(signalSeen?.aborted, true);
    end(['10.0.0.1']);
    await running.ready;
    assert.deepEqual(hosts(), []);
  });

  it('are upstreams of the kind asked for; certificates must be for the name, or another that is given', async () => {
    const tls = {isVerified: true};
    const own = followDns([['10.0.0.1']], {upstream: {protocol: 'http1', tls}});
    await own.running.ready;
    const upstream = {
      protocol: 'http1',
      tls: {serverName: 'app.internal', isVerified: true},
      host: '10.0.0.1',
      port: 3000,
    };
    assert.deepEqual(own.lists, [[{upstream, weight: 1}]]);
    const other = followDns([['10.0.0.1']], {upstream: {tls: {...tls, serverName: 'other.internal'}}});
    await other.running.ready;
    assert.equal(other.lists[0]?.[0]?.upstream.tls?.serverName, 'other.internal');
  });

  it('cannot have a bad weight', () => {
    assert.throws(() => createDnsBackends({name: 'app.internal', port: 3000, weight: 0}), RangeError);
  });
});
