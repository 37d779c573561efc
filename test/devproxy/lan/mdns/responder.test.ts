import assert from 'node:assert/strict';
import {createRequire} from 'node:module';
import {describe, it, onTestFinished} from 'vitest';
import {hostRecords, type MdnsRecord} from '../../../../src/devproxy/lan/mdns/records.js';
import {type Responder, startResponder} from '../../../../src/devproxy/lan/mdns/responder.js';
import type {LanNetwork} from '../../../../src/devproxy/lan/network.js';
import {createRandom} from '../../../helpers/random.js';
import {createFakeClock, type FakeClock} from '../../../proxy/load-balancing/fake-clock.js';
import {createHub, type Hub, type Sent} from '../hub.js';

const NAME = 'shop.local';

const networkOf = (address: string): LanNetwork => ({
  interface: 'wlan0',
  address,
  moreAddresses: [],
  ownAddresses: [address],
  subnets: ['192.168.1.0/24'],
});

type Started = {
  readonly hub: Hub;
  readonly clock: FakeClock;
  readonly responder: Responder;
  readonly renamed: readonly string[];
};

async function start(
  address = '192.168.1.20',
  {hub, clock}: {readonly hub: Hub; readonly clock: FakeClock} = {hub: createHub(), clock: createFakeClock()},
): Promise<Started> {
  const renamed: string[] = [];
  const bugs: unknown[] = [];
  const responder = await startResponder({
    network: networkOf(address),
    clock,
    openMulticast: hub.open,
    random: () => 0.5,
    onRenamed: (wanted, name) => void renamed.push(`${wanted} ${name}`),
    onBug: error => void bugs.push(error),
  });
  onTestFinished(async () => {
    await responder.close();
    assert.deepEqual(bugs, []);
  });
  return {hub, clock, responder, renamed};
}

/** With a name that has been announced, and not lately. */
async function announced(): Promise<Started> {
  const started = await start();
  const claimed = started.responder.claim(NAME);
  await started.clock.advance(60_000);
  assert.equal(await claimed, NAME);
  return started;
}

const isProbe = ({type, authorities}: Sent): boolean => type === 'query' && authorities.length > 0;
const responses = ({sent}: Hub): readonly Sent[] => sent.filter(({type}) => type === 'response');
const theirs = (data: string, ttl = 120): MdnsRecord => ({name: NAME, type: 'A', class: 'IN', ttl, data});
const ask = {questions: [{name: NAME, type: 'A', class: 'IN'}]};

describe('a name', () => {
  it('is probed for three times before it is announced twice', async () => {
    const {hub, clock, responder} = await start();
    const claimed = responder.claim(NAME);
    await clock.advance(124);
    assert.equal(hub.sent.length, 0);
    await clock.advance(251 * 3);
    assert.equal(await claimed, NAME);
    assert.deepEqual(hub.sent.map(isProbe), [true, true, true, false]);
    assert.deepEqual(hub.sent[0]?.questions, [{name: NAME, type: 'ANY'}]);
    assert.deepEqual(
      hub.sent[0].authorities.map(({data}) => data),
      ['192.168.1.20'],
    );
    await clock.advance(1_000);
    assert.deepEqual(
      responses(hub).map(({answers}) => answers),
      [hostRecords(NAME, ['192.168.1.20']), hostRecords(NAME, ['192.168.1.20'])],
    );
  });

  it('is answered for while it is ours, and not before', async () => {
    const {hub, clock, responder} = await start();
    const claimed = responder.claim(NAME);
    await clock.advance(300);
    await hub.query(ask);
    assert.deepEqual(responses(hub), []);
    await clock.advance(60_000);
    await claimed;
    const before = responses(hub).length;
    await hub.query(ask);
    assert.equal(responses(hub).length, before + 1);
    assert.equal(responses(hub).at(-1)?.to, undefined);
  });

  it('is another one when a host answers the probe, and the next when that is taken too', async () => {
    const {hub, clock, responder} = await start();
    const claimed = responder.claim(NAME);
    await clock.advance(200);
    await hub.respond({answers: [theirs('192.168.1.7')]});
    await clock.advance(200);
    await hub.respond({answers: [{...theirs('192.168.1.7'), name: 'shop-2.local'}]});
    await clock.advance(1_000);
    assert.equal(await claimed, 'shop-3.local');
  });

  it('is given up when every name like it is taken', async () => {
    const {hub, clock, responder} = await start();
    const claimed = responder.claim(NAME).then(
      () => assert.fail('it was claimed'),
      error => error.code,
    );
    for (let n = 1; n <= 15; n++) {
      await clock.advance(200);
      const name = n === 1 ? NAME : `shop-${n}.local`;
      await hub.respond({answers: [{...theirs('192.168.1.7'), name}]});
    }
    await clock.advance(1_000);
    assert.equal(await claimed, 'LAN_NAME_TAKEN');
    await hub.query(ask);
    assert.deepEqual(
      responses(hub).filter(({from}) => from === '192.168.1.20'),
      [],
    );
  });

  it('that two hosts probe for at once goes to one of them', async () => {
    const first = await start('192.168.1.20');
    const second = await start('192.168.1.30', first);
    const claimed = [first.responder.claim(NAME), second.responder.claim(NAME)];
    await first.clock.advance(10_000);
    // The greater address wins (RFC 6762, section 8.2); the other one looks again, and finds it taken.
    assert.deepEqual(await Promise.all(claimed), ['shop-2.local', NAME]);
  });

  it('is probed for again when another host has it later, and may be another one then', async () => {
    const {hub, clock, responder, renamed} = await announced();
    const defend = hub.respond({answers: [theirs('192.168.1.7')]});
    await defend;
    await clock.advance(200);
    await hub.respond({answers: [theirs('192.168.1.7')]});
    await clock.advance(2_000);
    assert.deepEqual(renamed, [`${NAME} shop-2.local`]);
    await responder.release(NAME);
  });

  it('is kept when nobody insists on it', async () => {
    const {hub, clock, renamed} = await announced();
    await hub.respond({answers: [theirs('192.168.1.7')]});
    await clock.advance(2_000);
    assert.deepEqual(renamed, []);
    const last = responses(hub).at(-1);
    assert.deepEqual(last?.answers, hostRecords(NAME, ['192.168.1.20']));
  });

  it('is defended against a probe, though it was told to everybody just now', async () => {
    const {hub, clock} = await announced();
    await hub.query(ask);
    await clock.advance(300);
    const before = responses(hub).length;
    await hub.query({...ask, authorities: [theirs('192.168.1.7')]});
    assert.equal(responses(hub).length, before + 1);
  });

  it('is told to everybody once a second, however many ask', async () => {
    const {hub, clock} = await announced();
    const before = responses(hub).length;
    for (let asked = 0; asked < 10; asked++) await hub.query(ask);
    assert.equal(responses(hub).length, before + 1);
    await clock.advance(1_000);
    assert.equal(responses(hub).length, before + 2);
    await clock.advance(10_000);
    assert.equal(responses(hub).length, before + 2);
  });

  it('is told to one alone who asks for that, once everybody knows it', async () => {
    const {hub, clock} = await announced();
    const unicast = {questions: [{name: NAME, type: 'A', class: 'UNKNOWN_32769'}]};
    await clock.advance(60_000);
    await hub.query(unicast);
    assert.equal(responses(hub).at(-1)?.to, undefined);
    await hub.query(unicast);
    assert.deepEqual(responses(hub).at(-1)?.to, {address: '192.168.1.7', port: 5353});
  });

  it('is told to a simple resolver where that asks from', async () => {
    const {hub} = await announced();
    await hub.query(ask, {address: '192.168.1.7', port: 40_000});
    assert.deepEqual(responses(hub).at(-1)?.to, {address: '192.168.1.7', port: 40_000});
  });

  it('is nobody’s business outside of the network', async () => {
    const {hub, renamed, clock} = await announced();
    const before = responses(hub).length;
    await hub.query(ask, {address: '10.0.0.7', port: 5353});
    await hub.respond({answers: [theirs('10.0.0.7')]}, {address: '10.0.0.7', port: 5353});
    await clock.advance(2_000);
    assert.deepEqual([responses(hub).length - before, renamed.length], [1, 0]);
  });

  it('is said again when another responder of this machine takes it back', async () => {
    const {hub} = await announced();
    const before = responses(hub).length;
    await hub.respond({answers: [theirs('192.168.1.20', 0)]}, {address: '192.168.1.20', port: 5353});
    assert.equal(responses(hub).length, before + 2);
    assert.equal(responses(hub).at(-1)?.answers[0]?.ttl, 120);
  });

  it('is said goodbye to when it is released, and not answered for any more', async () => {
    const {hub, responder} = await announced();
    await responder.release(NAME);
    const last = responses(hub).at(-1);
    assert.deepEqual([...new Set(last?.answers.map(({ttl}) => ttl))], [0]);
    const before = responses(hub).length;
    await hub.query(ask);
    assert.equal(responses(hub).length, before);
  });

  it('is said goodbye to when the responder leaves, which happens once', async () => {
    const {hub, responder, clock} = await announced();
    await Promise.all([responder.close(), responder.close()]);
    assert.equal(responses(hub).filter(({answers}) => answers.some(({ttl}) => ttl === 0)).length, 1);
    assert.deepEqual(hub.connected, []);
    assert.equal(clock.sleeping, 0);
  });

  it('that is released while it is probed for is nobody’s', async () => {
    const {hub, clock, responder} = await start();
    const claimed = responder.claim(NAME).catch(error => error.name);
    await clock.advance(200);
    await responder.release(NAME);
    await clock.advance(2_000);
    assert.equal(await claimed, 'AbortError');
    assert.deepEqual(responses(hub), []);
  });
});

describe('packets from a hostile neighbour', () => {
  const {decode, encode} = createRequire(import.meta.url)('dns-packet');

  it('never throw, whatever of them can be read', async () => {
    const {hub, clock} = await announced();
    const random = createRandom(20_260_601);
    const base = encode({
      type: 'response',
      questions: ask.questions,
      answers: hostRecords(NAME, ['10.9.8.7', 'fd00::1']),
    });
    let read = 0;
    for (let packet = 0; packet < 5_000; packet++) {
      const bytes = Buffer.from(base);
      for (let changes = random.below(8); changes > 0; changes--) bytes[random.below(bytes.length)] = random.below(256);
      const decoded = tryTo(() =>
        decode(bytes.subarray(0, random.below(8) === 0 ? random.below(bytes.length) : undefined)),
      );
      if (decoded === undefined) continue;
      read += 1;
      await (random.below(2) === 0 ? hub.query(decoded) : hub.respond(decoded));
      if (packet % 50 === 0) await clock.advance(500);
    }
    assert.ok(read > 1_000, `only ${read} could be read`);
    // Bugs would have been told: `start` looks at the end.
  });
});

function tryTo<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
