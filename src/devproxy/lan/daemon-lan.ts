import type {X509Certificate} from 'node:crypto';
import type {CertificateSource} from '../../proxy/certificate-source.js';
import type {Gateway, PortOptions} from '../../proxy/gateway.js';
import {systemClock} from '../../system/clock.js';
import {createOnboarding} from '../onboarding/onboarding.js';
import {createLan, type Lan, type LanOptions} from './lan.js';
import {openMulticast} from './mdns/multicast.js';
import {readNetworkFacts} from './network-facts.js';

export type DaemonLanOptions = {
  readonly https: PortOptions;
  readonly http: PortOptions;
  /** Managed zones, `test` first. */
  readonly zones: readonly string[];
};

export type DaemonLanParts = Pick<LanOptions, 'registrations' | 'onChange' | 'say' | 'onBug'> & {
  readonly gateway: Pick<Gateway, 'openEntrance'>;
  readonly certificates: CertificateSource;
  /** As it is now. */
  readonly root: () => X509Certificate;
};

/** The network as this machine has it. Nothing is opened before it is asked for. */
export function createDaemonLan({https, http, zones}: DaemonLanOptions, parts: DaemonLanParts): Lan {
  const {gateway, root} = parts;
  const lan = createLan({
    ...parts,
    zones,
    openEntrance: gateway.openEntrance,
    openMulticast,
    readNetwork: readNetworkFacts,
    onboarding: request =>
      createOnboarding({root: root(), extraZones: zones.slice(1), urls: () => lan.urls()})(request),
    get fingerprint() {
      return root().fingerprint256;
    },
    ports: {https: portsToTry(https), http: portsToTry(http)},
    clock: systemClock,
    random: Math.random,
  });
  return lan;
}

/** Where the system lets nobody have the usual port on that address, or somebody has it, an unusual one still serves. */
const portsToTry = ({port, deniedPort = 0}: PortOptions): readonly number[] => [...new Set([port, deniedPort, 0])];
