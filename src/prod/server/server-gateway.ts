// The gateway as a server has it: on sockets that the holder bound, with certificates from files, and the files of
// releases before their apps.

import path from 'node:path';
import type {Certificate, CertificateSource} from '../../proxy/certificate-source.js';
import {createGateway, type Gateway} from '../../proxy/gateway.js';
import {createRouteTable, type Route, type RouteTable} from '../../proxy/route-table.js';
import {createTrustedProxies} from '../../proxy/trusted-proxies.js';
import type {Clock} from '../../system/clock.js';
import type {Challenges} from '../certificates/challenges.js';
import type {Holder} from '../holder/holder-client.js';
import {createServerCertificates, DEFAULT_SERVER_NAME, type ServerCertificates} from './certificates.js';
import type {Deployments} from './deployments.js';
import {portOf} from './server-info.js';
import type {TrustedProxiesSettings} from './server-settings.js';
import type {Succession} from './succession.js';
import {inheritTicketKeys} from './tickets.js';

export type ServerGatewayOptions = {
  readonly holder: Holder;
  readonly clock: Clock;
  readonly deployments: Deployments;
  readonly succession: Succession;
  /** In front of this machine, where there are any. */
  readonly trustedProxies: TrustedProxiesSettings | undefined;
  /** The routes as they are now. */
  readonly table: () => RouteTable;
  readonly certificates: CertificateSource;
  readonly challenges: Challenges;
  readonly onBug: (error: unknown) => void;
};

/** Beyond the time a start may take, so that who waits for it is told why it failed. */
const DEADLINE_MARGIN_MS = 10_000;
const DEFAULT_DEADLINE_MS = 40_000;

/** Begins to accept connections. */
export async function openServerGateway(options: ServerGatewayOptions): Promise<Gateway> {
  const {holder, clock, deployments, succession, trustedProxies, table, certificates, challenges, onBug} = options;
  const gateway = await createGateway({
    https: {port: portOf(holder, 'https'), sockets: descriptorsOf(holder, 'https')},
    http: {port: portOf(holder, 'http'), sockets: descriptorsOf(holder, 'http')},
    certificates,
    defaultServerName: DEFAULT_SERVER_NAME,
    ticketKeys: inheritTicketKeys(holder, clock.now),
    proxyProtocol: trustedProxies?.usesProxyProtocol ? createTrustedProxies(trustedProxies) : undefined,
    activate: succession.activate,
    findUpstream: succession.findUpstream,
    coldStartDeadlineMs: app => (deployments.readyTimeoutOf(app) ?? DEFAULT_DEADLINE_MS) + DEADLINE_MARGIN_MS,
    filters: [challenges.filter],
    tlsChallenges: challenges.tls,
    routeFilter: (session, route) => deployments.assetsOf(route.app)?.answer(session, route) ?? false,
    onBug,
  });
  gateway.setRoutes(table().routes);
  return gateway;
}

export type GatewayCertificatesOptions = Pick<ServerGatewayOptions, 'clock' | 'table'> & {
  readonly root: string;
  readonly log: (text: string) => void;
  readonly ordered: (name: string) => Certificate | undefined;
};

/** For the hosts of the routes as they are at that time. */
export const createGatewayCertificates = ({
  root,
  clock,
  table,
  log,
  ordered,
}: GatewayCertificatesOptions): ServerCertificates =>
  createServerCertificates({
    filesFolder: path.join(root, 'certificates'),
    selfSignedFolder: path.join(root, 'state', 'self-signed'),
    clock,
    isServed: host => table().match(host, '/') !== undefined || table().routes.some(route => route.host === host),
    onProblem: log,
    ordered,
  });

const descriptorsOf = ({sockets}: Holder, name: string): readonly number[] => (sockets[name] ?? []).map(({fd}) => fd);

/** Routes that change before there is a gateway and after. */
export type LiveRoutes = {table(): RouteTable; set(routes: readonly Route[]): void};

export function createLiveRoutes(gateway: () => Gateway | undefined): LiveRoutes {
  let table = createRouteTable([]);
  return {
    table: () => table,
    set(routes) {
      table = createRouteTable(routes);
      gateway()?.setRoutes(routes);
    },
  };
}
