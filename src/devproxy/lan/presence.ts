// The apps' presence in one network: ports on this machine's address there, names that other devices find, and the page by
// which they come to trust them. It stands and falls with the address.

import type {CertificateSource} from '../../proxy/certificate-source.js';
import type {Entrance} from '../../proxy/entrance.js';
import type {Gateway} from '../../proxy/gateway.js';
import {createIpNetworks} from '../../proxy/ip-networks.js';
import {authorityOf, originOf, type RequestFilter} from '../../proxy/request-path.js';
import type {Clock} from '../../system/clock.js';
import {createClosers} from '../../system/closers.js';
import type {Onboarding} from '../onboarding/onboarding.js';
import type {LanApp} from './lan-names.js';
import type {OpenMulticast} from './mdns/multicast.js';
import {startResponder} from './mdns/responder.js';
import type {LanNetwork} from './network.js';

export type PresenceOptions = {
  readonly network: LanNetwork;
  readonly openEntrance: Gateway['openEntrance'];
  readonly openMulticast: OpenMulticast;
  readonly certificates: CertificateSource;
  readonly onboarding: Onboarding;
  /** Ports to try, the best first. */
  readonly ports: LanPorts;
  readonly clock: Clock;
  readonly random: () => number;
  /** A name turned out to be another device's: addresses have changed. */
  readonly onRenamed: () => void;
  readonly onBug: (error: unknown) => void;
};

export type LanPorts = {readonly https: readonly number[]; readonly http: readonly number[]};

export type Presence = {
  readonly network: LanNetwork;
  readonly onboardingUrl: string;
  readonly ports: {readonly https: number; readonly http: number};
  /** Serves these apps and no others. Resolves when their names are announced. Throws LAN_NAME_TAKEN. */
  show(apps: readonly LanApp[]): Promise<void>;
  /** The addresses of an app that is shown, the one to open first in front. */
  urlsOf(app: LanApp): readonly string[];
  /** The name it has here instead of this one, as another device has that; undefined where it has this one. */
  otherNameOf(name: string): string | undefined;
  close(): Promise<void>;
};

/** Throws PORT_IN_USE, PORT_DENIED, LAN_MDNS_FAILED or the system's error, and leaves nothing open. */
export async function openPresence(options: PresenceOptions): Promise<Presence> {
  const {network, certificates, onRenamed} = options;
  const closers = createClosers();
  /** What each name is called here. */
  const names = new Map<string, string>();
  let shown: readonly LanApp[] = [];
  const isServed = (serverName: string): boolean =>
    serverName === network.address || [...names.values()].includes(serverName);

  const entrance = await options.openEntrance({
    hosts: [network.address, ...network.moreAddresses],
    httpsPorts: options.ports.https,
    httpPorts: options.ports.http,
    certificates: {
      // Nothing is signed for whoever asks for any other name.
      certificateFor: async serverName => (isServed(serverName) ? certificates.certificateFor(serverName) : undefined),
    },
    defaultServerName: network.address,
    filters: [createOnboardingFilter(options)],
    isWelcome: createIpNetworks(network.subnets).has,
  });
  closers.add(() => entrance.close());
  try {
    const responder = await startResponder({
      ...options,
      onRenamed(wanted, name) {
        names.set(wanted, name);
        serve();
        onRenamed();
      },
    });
    closers.add(() => responder.close());

    function serve(): void {
      const routes = shown.flatMap(app => app.routes).map(route => ({...route, host: names.get(route.host)}));
      entrance.setRoutes(routes.flatMap(({host, ...route}) => (host === undefined ? [] : {...route, host})));
    }

    const claim = async (name: string): Promise<void> => void names.set(name, await responder.claim(name));

    const release = async (name: string): Promise<void> => {
      names.delete(name);
      await responder.release(name);
    };

    return {
      network,
      onboardingUrl: onboardingUrlOf(network, entrance),
      ports: {https: entrance.https.port, http: entrance.http.port},
      async show(apps) {
        shown = apps;
        const wanted = new Set(apps.flatMap(app => app.names));
        const released = [...names.keys()].filter(name => !wanted.has(name)).map(release);
        // Not served from here on, however long the goodbye takes.
        serve();
        await Promise.all([...released, ...[...wanted].filter(name => !names.has(name)).map(claim)]);
        serve();
      },
      urlsOf: ({routes}) => [
        ...new Set(
          routes.flatMap(({host, path, upstream}) => {
            const name = names.get(host);
            const isListed = name !== undefined && upstream === undefined;
            return isListed ? originOf(name, entrance.https.port) + (path === '/' ? '' : path.replace(/\*$/, '')) : [];
          }),
        ),
      ],
      otherNameOf(name) {
        const own = names.get(name);
        return own === name ? undefined : own;
      },
      close: closers.close,
    };
  } catch (error) {
    await closers.close();
    throw error;
  }
}

const HTTP_PORT = 80;

const onboardingUrlOf = ({address}: LanNetwork, {http}: Pick<Entrance, 'http'>): string =>
  `http://${address}${http.port === HTTP_PORT ? '' : `:${http.port}`}/`;

/** By the address and over plain HTTP there are only these pages. */
const createOnboardingFilter =
  ({network, onboarding}: Pick<PresenceOptions, 'network' | 'onboarding'>): RequestFilter =>
  session => {
    const {client, request} = session;
    const {host, port = HTTP_PORT} = authorityOf(session);
    if (client.isSecure || host !== network.address) return false;
    const {status, headers, body} = onboarding({
      method: request.method,
      target: request.target,
      origin: `http://${host}${port === HTTP_PORT ? '' : `:${port}`}`,
      userAgent: request.fields.get('user-agent') ?? '',
    });
    session.respond(status, headers, body);
    return true;
  };
