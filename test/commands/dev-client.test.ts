import assert from 'node:assert/strict';
import {setImmediate as turn} from 'node:timers/promises';
import {describe, it} from 'vitest';
import {createDevClient, type DevApp, type DevClient} from '../../src/commands/dev-client.js';
import type {ControlClient} from '../../src/control/client.js';
import type {AppEvent, LanAddress} from '../../src/control/events.js';
import type {DaemonConnection} from '../../src/devproxy/daemon-client.js';
import {TakoError} from '../../src/system/error.js';
import type {DevEvent} from '../../src/ui/dev-session.js';
import {STOPPED} from '../ui/fake-session.js';

const LAN: LanAddress = {
  url: 'https://shop.local',
  urls: ['https://shop.local'],
  onboardingUrl: 'http://192.168.1.20/',
  address: '192.168.1.20',
  network: '192.168.1.0/24',
  interface: 'wlan0',
  fingerprint: 'AB:CD',
  problem: null,
};

type Terminal = {
  readonly client: DevClient;
  readonly events: readonly DevEvent[];
  /** The calls about the network so far. */
  readonly calls: readonly unknown[];
  /** What the daemon says of an app. */
  tell(name: string, lan: LanAddress | null): void;
  /** The daemon dies, and the next one knows the apps. */
  lose(): Promise<void>;
};

/** A terminal that asked for shop and blog, and has api because they need it. */
function openTerminal(refusal?: TakoError): Terminal {
  const calls: unknown[] = [];
  const events: DevEvent[] = [];
  const listeners = new Map<string, (event: AppEvent) => void>();
  const ends: ((error: TakoError) => void)[] = [];
  const call = async (method: string, params: object, options?: {onEvent?: (event: AppEvent) => void}) => {
    if (method === 'list') return {apps: apps.map(({name}) => ({...STOPPED, name}))};
    if (method === 'lanOn' || method === 'lanOff') {
      calls.push({method, ...params});
      if (refusal) throw refusal;
    }
    if (method !== 'attach') return {};
    if (options?.onEvent) listeners.set((params as {name: string}).name, options.onEvent);
    return new Promise((_, reject) => ends.push(reject));
  };
  const connection = {client: {call, close: () => undefined} as unknown as ControlClient} as DaemonConnection;
  const apps: DevApp[] = ['shop', 'blog', 'api'].map(name => ({
    name,
    registration: undefined,
    isNeeded: name === 'api',
  }));
  const client = createDevClient({connection, apps, reconnect: async () => connection});
  client.subscribe(event => void events.push(event));
  void client.follow();
  return {
    client,
    events,
    calls,
    tell: (name, lan) => listeners.get(name)?.({type: 'status', status: {...STOPPED, name, lan}}),
    async lose() {
      for (const end of ends.splice(0)) end(new TakoError('DAEMON_LOST', 'it is gone'));
      await turn();
    },
  };
}

const opens = (address: string | null = null) => ({method: 'lanOn', names: ['shop', 'blog'], address, stays: false});

describe('a terminal and the network', () => {
  it('opens the apps that were asked for, and not those they need', () => {
    const {client, calls} = openTerminal();
    client.openToLan('eth0');
    assert.deepEqual(calls, [opens('eth0')]);
  });

  it('closes with the same key what is open', () => {
    const {client, calls, tell} = openTerminal();
    client.toggleLan();
    tell('shop', LAN);
    tell('api', LAN);
    client.toggleLan();
    tell('shop', null);
    client.toggleLan();
    assert.deepEqual(calls, [opens(), {method: 'lanOff', names: ['shop']}, opens()]);
  });

  it('opens them again when the daemon had to be started again', async () => {
    const {client, calls, tell, lose} = openTerminal();
    client.openToLan('eth0');
    tell('shop', LAN);
    await lose();
    assert.deepEqual(calls, [opens('eth0'), opens('eth0')]);
  });

  it('leaves closed what somebody closed meanwhile', async () => {
    const {client, calls, tell, lose} = openTerminal();
    client.openToLan(undefined);
    tell('shop', LAN);
    tell('shop', null);
    await lose();
    assert.deepEqual(calls, [opens()]);
  });

  it('says why they cannot be opened', async () => {
    const {client, events} = openTerminal(new TakoError('LAN_NO_NETWORK', 'no network', {hint: 'connect to one'}));
    client.toggleLan();
    await turn();
    assert.deepEqual(events, [{type: 'notice', level: 'error', text: 'no network [LAN_NO_NETWORK]\n  connect to one'}]);
  });
});
