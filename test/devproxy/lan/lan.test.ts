import assert from 'node:assert/strict';
import {describe, it, onTestFinished} from 'vitest';
import type {Registration} from '../../../src/control/protocol.js';
import {createLan, type Lan, type LanOptions, POLL_MS} from '../../../src/devproxy/lan/lan.js';
import type {NetworkFacts} from '../../../src/devproxy/lan/network.js';
import type {EntranceOptions} from '../../../src/proxy/entrance.js';
import type {Route} from '../../../src/proxy/route-table.js';
import {TakoError} from '../../../src/system/error.js';
import {createFakeClock, type FakeClock} from '../../proxy/load-balancing/fake-clock.js';
import {registrationOf} from '../support.js';
import {createHub, type Hub} from './hub.js';

/** An entrance that is open, as far as it can be told from outside. */
type Opened = {readonly options: EntranceOptions; routes: readonly Route[]; isOpen: boolean};

type World = {
  readonly lan: Lan;
  readonly hub: Hub;
  readonly clock: FakeClock;
  readonly entrances: readonly Opened[];
  /** What is served to the network now. */
  served(): readonly string[];
  registrations: readonly Registration[];
  network: NetworkFacts;
  readonly said: readonly string[];
  readonly changed: readonly string[];
  /** Lets a wish be granted: names take a second. */
  open(apps: readonly string[], client?: AbortSignal, address?: string): Promise<void>;
};

function wifi(address = '192.168.1.20'): NetworkFacts {
  const family = 'IPv4' as const;
  const at = {address, cidr: `${address}/24`, netmask: '255.255.255.0', family, mac: '', internal: false};
  return {interfaces: {wlan0: [at]}, defaultAddress: address};
}
const NOWHERE: NetworkFacts = {interfaces: {}, defaultAddress: undefined};

function createWorld(more: Partial<LanOptions> = {}): World {
  const hub = createHub();
  const clock = createFakeClock();
  const entrances: Opened[] = [];
  const said: string[] = [];
  const changed: string[] = [];
  const bugs: unknown[] = [];
  const lan = createLan({
    clock,
    openMulticast: hub.open,
    random: () => 0,
    readNetwork: async () => world.network,
    registrations: () => world.registrations,
    zones: ['test'],
    fingerprint: 'AB:CD',
    certificates: {certificateFor: async name => ({cert: name, key: ''})},
    onboarding: () => ({status: 404, headers: {}, body: ''}),
    ports: {https: [443], http: [80]},
    onChange: app => void changed.push(app),
    say: (app, text) => void said.push(`${app}: ${text}`),
    onBug: error => void bugs.push(error),
    async openEntrance(options) {
      const opened: Opened = {options, routes: [], isOpen: true};
      entrances.push(opened);
      return {
        https: {port: options.httpsPorts[0] ?? 0},
        http: {port: options.httpPorts[0] ?? 0},
        setRoutes(routes) {
          opened.routes = routes;
        },
        async close() {
          opened.isOpen = false;
        },
      };
    },
    ...more,
  });
  const world: World = {
    lan,
    hub,
    clock,
    entrances,
    said,
    changed,
    registrations: ['shop', 'blog'].map(name => registrationOf(name)),
    network: wifi(),
    served: () => entrances.filter(({isOpen}) => isOpen).flatMap(({routes}) => routes.map(({host}) => host)),
    async open(apps, client, address) {
      const opened = lan.open({apps, client, address});
      await Promise.race([opened, clock.advance(2_000)]);
      await opened;
    },
  };
  onTestFinished(async () => {
    await lan.close();
    assert.deepEqual(bugs, []);
    assert.deepEqual([world.served(), hub.connected, clock.sleeping], [[], [], 0]);
  });
  return world;
}

const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    error => error.code,
  );

describe('apps on the network', () => {
  it('are none until one is asked for, and then that one', async () => {
    const world = createWorld();
    world.lan.update();
    await world.clock.advance(10_000);
    assert.deepEqual([world.entrances.length, world.hub.connected], [0, []]);
    await world.open(['shop']);
    assert.deepEqual(world.served(), ['shop.local']);
    assert.deepEqual(world.entrances[0]?.options.hosts, ['192.168.1.20']);
    const lan = world.lan.of('shop');
    assert.deepEqual([lan?.url, lan?.onboardingUrl], ['https://shop.local', 'http://192.168.1.20/']);
    assert.equal(world.lan.of('blog'), null);
    assert.deepEqual(world.changed, ['shop']);
  });

  it('are each opened and closed by itself, on the same ports', async () => {
    const world = createWorld();
    await world.open(['shop']);
    await world.open(['blog']);
    assert.deepEqual(world.served(), ['shop.local', 'blog.local']);
    await world.lan.shut(['shop']);
    assert.deepEqual(world.served(), ['blog.local']);
    assert.equal(world.entrances.length, 1);
    await world.lan.shut(['blog']);
    assert.deepEqual([world.entrances[0]?.isOpen, world.hub.connected], [false, []]);
    assert.match(world.said.at(-1) ?? '', /^blog: not open/);
  });

  it('have certificates for their names and the address, and for nothing else', async () => {
    const world = createWorld();
    await world.open(['shop']);
    const {certificateFor} = world.entrances[0]?.options.certificates ?? assert.fail();
    for (const name of ['shop.local', '192.168.1.20']) assert.ok(await certificateFor(name), name);
    for (const name of ['blog.local', 'shop.test', 'localhost'])
      assert.equal(await certificateFor(name), undefined, name);
  });

  it('are closed when the last client that wanted them leaves', async () => {
    const world = createWorld();
    const [first, second] = [new AbortController(), new AbortController()];
    await world.open(['shop'], first.signal);
    await world.open(['shop'], second.signal);
    first.abort();
    await world.clock.advance(0);
    assert.deepEqual(world.served(), ['shop.local']);
    second.abort();
    await world.clock.advance(0);
    assert.deepEqual(world.served(), []);
    assert.equal(world.lan.of('shop'), null);
  });

  it('stay when one wanted them for good, and are closed for all when somebody closes them', async () => {
    const world = createWorld();
    const client = new AbortController();
    await world.open(['shop'], client.signal);
    await world.open(['shop']);
    client.abort();
    await world.clock.advance(0);
    assert.deepEqual(world.served(), ['shop.local']);
    await world.lan.shut(['shop']);
    assert.deepEqual(world.served(), []);
  });

  it('that are removed are closed, and closed still when they are registered again', async () => {
    const world = createWorld();
    const all = world.registrations;
    await world.open(['shop']);
    world.registrations = all.filter(({name}) => name !== 'shop');
    world.lan.update();
    await world.clock.advance(0);
    assert.deepEqual(world.served(), []);
    world.registrations = all;
    world.lan.update();
    await world.clock.advance(5_000);
    assert.deepEqual(world.served(), []);
  });

  it('have the routes that they have now', async () => {
    const world = createWorld();
    await world.open(['shop']);
    world.registrations = [registrationOf('shop', {routes: ['shop.test', 'api.shop.test/v1/*']})];
    world.lan.update();
    await world.clock.advance(2_000);
    assert.deepEqual(world.served(), ['shop.local', 'api.shop.local']);
    assert.deepEqual(world.lan.of('shop')?.urls, ['https://shop.local', 'https://api.shop.local/v1/']);
  });

  it('follow the machine into another network, with the ports that devices know', async () => {
    const world = createWorld({ports: {https: [0], http: [0]}});
    await world.open(['shop']);
    world.network = wifi('10.0.0.5');
    await world.clock.advance(POLL_MS + 2_000);
    assert.deepEqual(
      world.entrances.map(({isOpen}) => isOpen),
      [false, true],
    );
    assert.deepEqual(world.entrances[1]?.options.hosts, ['10.0.0.5']);
    assert.deepEqual(world.hub.connected, ['10.0.0.5']);
    assert.equal(world.lan.of('shop')?.address, '10.0.0.5');
  });

  it('wait for a network where there is none for a while, and are told of it', async () => {
    const world = createWorld();
    await world.open(['shop']);
    world.network = NOWHERE;
    await world.clock.advance(POLL_MS);
    assert.deepEqual(world.served(), []);
    assert.equal(world.lan.of('shop')?.problem?.code, 'LAN_NO_NETWORK');
    assert.deepEqual(world.lan.urls(), []);
    const {length} = world.said;
    await world.clock.advance(10 * POLL_MS);
    assert.equal(world.said.length, length);
    world.network = wifi();
    await world.clock.advance(POLL_MS + 2_000);
    assert.deepEqual(world.served(), ['shop.local']);
    assert.equal(world.lan.of('shop')?.problem, null);
  });

  it('are not opened where there is no network, and not later either', async () => {
    const world = createWorld();
    world.network = NOWHERE;
    assert.equal(await codeOf(world.open(['shop'])), 'LAN_NO_NETWORK');
    world.network = wifi();
    await world.clock.advance(10 * POLL_MS);
    assert.deepEqual([world.served(), world.lan.of('shop')], [[], null]);
  });

  it('are opened on the address that was asked for, or not at all', async () => {
    const world = createWorld();
    assert.equal(await codeOf(world.open(['shop'], undefined, '10.0.0.1')), 'LAN_ADDRESS_UNKNOWN');
    assert.deepEqual(world.entrances, []);
    await world.open(['shop'], undefined, 'wlan0');
    assert.deepEqual(world.served(), ['shop.local']);
  });

  it('leave nothing open when names cannot be announced', async () => {
    const failed = new TakoError('LAN_MDNS_FAILED', 'port 5353 is somebody else’s');
    const world = createWorld({openMulticast: () => Promise.reject(failed)});
    assert.equal(await codeOf(world.open(['shop'])), 'LAN_MDNS_FAILED');
    assert.deepEqual(
      world.entrances.map(({isOpen}) => isOpen),
      [false],
    );
    assert.equal(world.lan.of('shop'), null);
  });

  it('have another name when it is taken while they are open, and say so', async () => {
    const world = createWorld();
    await world.open(['shop']);
    const taken = {answers: [{name: 'shop.local', type: 'A', class: 'IN', ttl: 120, data: '192.168.1.7'}]};
    await world.hub.respond(taken);
    await world.clock.advance(100);
    await world.hub.respond(taken);
    await world.clock.advance(2_000);
    assert.deepEqual(world.served(), ['shop-2.local']);
    const lan = world.lan.of('shop');
    assert.deepEqual([lan?.url, lan?.problem?.code], ['https://shop-2.local', 'LAN_NAME_TAKEN']);
  });

  it('are served to nobody but the network', async () => {
    const world = createWorld();
    await world.open(['shop']);
    const {isWelcome} = world.entrances[0]?.options ?? assert.fail();
    assert.deepEqual(['192.168.1.7', '192.168.2.7', '203.0.113.5', '::1', ''].map(isWelcome), [
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
