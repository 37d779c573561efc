// Apps on the network: off until somebody asks for it, for the apps that were asked for, and off again when nobody wants it
// any more. Whatever changes (a wish, an app, the network), the same question is asked, one at a time: which apps are to be
// shown where, and is it so?

import type {LanAddress, Problem} from '../../control/events.js';
import {type Registration, toProblem} from '../../control/protocol.js';
import {TakoError} from '../../system/error.js';
import {type LanApp, lanAppOf} from './lan-names.js';
import {chooseNetwork, isSameNetwork, type NetworkFacts, noNetwork} from './network.js';
import {type LanPorts, openPresence, type Presence, type PresenceOptions} from './presence.js';
import {createLanWishes} from './wishes.js';

export type LanOptions = Omit<PresenceOptions, 'network' | 'onRenamed'> & {
  readonly readNetwork: () => Promise<NetworkFacts>;
  /** Every registered app. */
  readonly registrations: () => readonly Registration[];
  readonly zones: readonly string[];
  /** SHA-256 of the root certificate. */
  readonly fingerprint: string;
  /** Where an app is found has changed. */
  readonly onChange: (app: string) => void;
  /** Tells those who follow an app. */
  readonly say: (app: string, text: string) => void;
};

export type LanWish = {
  readonly apps: readonly string[];
  /** An address or interface of this machine; undefined to have one chosen. */
  readonly address: string | undefined;
  /** Aborted when whoever wants it leaves; undefined: it stays. */
  readonly client: AbortSignal | undefined;
};

export type Lan = {
  /**
   * Opens the apps to the network; resolves when other devices find them. Throws why that is not possible, and takes the wish
   * back then.
   */
  open(wish: LanWish): Promise<void>;
  /** Closes them to the network, whoever wanted it; resolves when they are. */
  shut(apps: readonly string[]): Promise<void>;
  /** To be called when apps were added, changed or removed. */
  update(): void;
  /** Null for an app that is not open to the network. */
  of(app: string): LanAddress | null;
  /** Where the apps are that are open to the network. */
  urls(): readonly string[];
  close(): Promise<void>;
};

/** How often the system is asked for its addresses while apps are open to the network: it tells nobody by itself. */
export const POLL_MS = 2_000;

export function createLan(options: LanOptions): Lan {
  const {clock, readNetwork, registrations, zones, onChange, say, onBug} = options;
  const wishes = createLanWishes(() => void settleQuietly());
  const addresses = new Map<string, LanAddress>();
  let wantedAddress: string | undefined;
  let presence: Presence | undefined;
  let lastPorts: Presence['ports'] | undefined;
  let turn: Promise<unknown> = Promise.resolve();
  let watching: AbortController | undefined;
  let isClosed = false;

  /** One after the other: each looks at how things are when it is its turn. */
  function settle(): Promise<void> {
    const settled = turn.then(settleNow);
    turn = settled.catch(() => undefined);
    return settled;
  }

  const settleQuietly = (): Promise<void> => settle().catch(reportTrouble);

  async function settleNow(): Promise<void> {
    const apps = wantedApps();
    watch(apps.length > 0);
    if (apps.length === 0) {
      wantedAddress = undefined;
      await leave();
    } else {
      await settleNetwork();
      await presence?.show(apps);
    }
    publish(apps);
  }

  const wantedApps = (): readonly LanApp[] =>
    isClosed
      ? []
      : registrations()
          .filter(({name}) => wishes.has(name))
          .map(registration => lanAppOf(registration, zones));

  /** Throws LAN_NO_NETWORK, LAN_ADDRESS_UNKNOWN, or what `openPresence` throws. */
  async function settleNetwork(): Promise<void> {
    const facts = await readNetwork();
    const network = chooseNetwork(facts, {wanted: wantedAddress, current: presence?.network});
    if (presence && network && isSameNetwork(presence.network, network)) return;
    await leave();
    if (!network) throw noNetwork(facts, wantedAddress);
    presence = await openPresence({
      ...options,
      network,
      ports: preferring(lastPorts, options.ports),
      onRenamed: () => publish(wantedApps()),
    });
    lastPorts = presence.ports;
  }

  async function leave(): Promise<void> {
    const left = presence;
    presence = undefined;
    await left?.close();
  }

  /** Tells of every app whose address is another one now. */
  function publish(apps: readonly LanApp[]): void {
    const before = new Map(addresses);
    addresses.clear();
    for (const app of apps) if (presence) addresses.set(app.app, addressOf(app, presence));
    for (const app of new Set([...before.keys(), ...addresses.keys()])) {
      const [was, is] = [before.get(app), addresses.get(app)];
      if (JSON.stringify(was) === JSON.stringify(is)) continue;
      const text = describeChange(was, is);
      if (text !== undefined) say(app, text);
      onChange(app);
    }
  }

  function addressOf(app: LanApp, {network, urlsOf, otherNameOf, onboardingUrl}: Presence): LanAddress {
    const urls = urlsOf(app);
    return {
      url: urls[0] ?? '',
      urls,
      onboardingUrl,
      address: network.address,
      network: network.subnets[0] ?? '',
      interface: network.interface,
      fingerprint: options.fingerprint,
      problem: findTaken(app, otherNameOf),
    };
  }

  /** What is open stays known as it was, with what is wrong now. */
  function reportTrouble(error: unknown): void {
    if (!(error instanceof TakoError)) onBug(error);
    for (const app of wishes.apps()) {
      const last = addresses.get(app);
      if (!last || last.problem?.code === toProblem(error).code) continue;
      addresses.set(app, {...last, problem: toProblem(error)});
      say(app, `not on the network at present: ${toProblem(error).message}`);
      onChange(app);
    }
  }

  function watch(isWanted: boolean): void {
    if (isWanted === (watching !== undefined)) return;
    watching?.abort();
    watching = isWanted ? new AbortController() : undefined;
    if (watching) void watchNetwork(watching.signal);
  }

  async function watchNetwork(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await clock.sleep(POLL_MS, signal).catch(() => undefined);
      if (!signal.aborted) await settleQuietly();
    }
  }

  return {
    async open({apps, address, client}) {
      const before = {apps: wishes.apps(), wantedAddress};
      if (address !== undefined) wantedAddress = address;
      for (const app of apps) wishes.add(app, client);
      try {
        await settle();
      } catch (error) {
        for (const app of apps) if (!before.apps.includes(app)) wishes.forget(app);
        wantedAddress = before.wantedAddress;
        await settleQuietly();
        throw error;
      }
    },
    async shut(apps) {
      for (const app of apps) wishes.forget(app);
      await settle();
    },
    update() {
      if (wishes.apps().length === 0) return;
      const registered = registrations().map(({name}) => name);
      // An app of the same name, another day, was not asked for.
      for (const app of wishes.apps()) if (!registered.includes(app)) wishes.forget(app);
      void settleQuietly();
    },
    of: app => addresses.get(app) ?? null,
    urls: () =>
      [...addresses.values()].filter(({problem}) => problem?.code !== 'LAN_NO_NETWORK').flatMap(({url}) => url),
    async close() {
      isClosed = true;
      await settle();
    },
  };
}

/** The ones that devices know already, first. */
const preferring = (last: Presence['ports'] | undefined, {https, http}: LanPorts): LanPorts =>
  last ? {https: [last.https, ...https], http: [last.http, ...http]} : {https, http};

function findTaken({names}: LanApp, otherNameOf: Presence['otherNameOf']): Problem | null {
  const taken = names.find(name => otherNameOf(name) !== undefined);
  if (taken === undefined) return null;
  return toProblem(
    new TakoError('LAN_NAME_TAKEN', `another device is called ${taken}; this app is ${otherNameOf(taken)} instead`),
  );
}

/** For those who follow the app; undefined when nothing changed that they need to know. */
function describeChange(was: LanAddress | undefined, is: LanAddress | undefined): string | undefined {
  if (is === undefined) return 'not open to the network any more';
  if (was?.url === is.url && was.address === is.address && was.problem?.code === is.problem?.code) return undefined;
  const taken = is.problem === null ? '' : ` (${is.problem.message})`;
  return `open to every device of ${is.network}: ${is.url}, first ${is.onboardingUrl}${taken}`;
}
