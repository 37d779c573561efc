// One process that serves: its phases, its port, its log. The process that the command runs in, or one of its workers.

import {isIP} from 'node:net';
import {setTimeout as delay} from 'node:timers/promises';
import {type AccessLog, createAccessLog, renderAccessLine} from '../../proxy/access-log.js';
import type {CertificateSource} from '../../proxy/certificate-source.js';
import type {Backend} from '../../proxy/load-balancing/backend.js';
import type {Outcome} from '../../proxy/load-balancing/ejection.js';
import type {LoadBalancer} from '../../proxy/load-balancing/load-balancer.js';
import {createProxy} from '../../proxy/proxy.js';
import {serve} from '../../proxy/serve.js';
import type {TicketKeys} from '../../proxy/tls/ticket-keys.js';
import type {TlsOptions} from '../../proxy/tls/tls-server.js';
import {createTrustedProxies} from '../../proxy/trusted-proxies.js';
import {printNote} from '../output.js';
import {createHostFilter} from './hosts.js';
import {listenProblem} from './listen-problem.js';
import {createProxyPhases, type ProxySession} from './phases.js';
import type {ServerSettings} from './settings.js';
import {stickyKeyOf} from './sticky.js';

export type ServerParts = {
  readonly balancer: LoadBalancer;
  readonly report: (backend: Backend, outcome: Outcome) => void;
  /** Not asked where plain HTTP is served. */
  readonly certificates: CertificateSource;
  /** Keys of its own if not given. */
  readonly ticketKeys?: TicketKeys;
};

export type ProxyServer = {
  readonly port: number;
  /** Stops accepting, lets requests end for up to `graceMs`, cuts what is left, and writes out the log. */
  drain(graceMs: number): Promise<void>;
  /** Cuts everything off, and writes out the log. */
  close(): Promise<void>;
};

/** Opens the port and serves. Throws PORT_IN_USE, PORT_DENIED, LISTEN_FAILED. */
export async function startProxyServer(settings: ServerSettings, parts: ServerParts): Promise<ProxyServer> {
  const log = settings.hasAccessLog ? createStdoutLog() : undefined;
  const phases = createProxyPhases({
    balancer: parts.balancer,
    servesHost: createHostFilter(settings.hosts),
    keyOf: settings.sticky && stickyKeyOf(settings.sticky),
    report: parts.report,
    onLog: log && (session => log.add(renderSession(session))),
    onBug: reportBug,
  });
  const trustedProxies = settings.trustedProxies && createTrustedProxies(settings.trustedProxies);
  const proxy = createProxy(phases, {onBug: reportBug, trustedProxies});
  const tls = settings.isSecure ? tlsOptions(settings, parts) : undefined;
  const proxyProtocol = settings.usesProxyProtocol ? trustedProxies : undefined;
  try {
    const served = await serve(proxy, {...settings.listen, tls, proxyProtocol});
    return {
      port: served.port,
      async drain(graceMs) {
        await served.drain(graceMs);
        proxy.close();
        await finish(log);
      },
      async close() {
        await served.close();
        await finish(log);
      },
    };
  } catch (error) {
    proxy.close();
    throw listenProblem(error, settings.listen);
  }
}

function tlsOptions(
  settings: ServerSettings,
  {certificates, ticketKeys}: ServerParts,
): Omit<TlsOptions, 'onConnection'> {
  const policy = settings.clientCertificates;
  return {
    certificates,
    defaultServerName: defaultServerName(settings),
    ...(ticketKeys && {ticketKeys}),
    ...(policy && {clientCertificates: () => policy}),
    onBug: reportBug,
  };
}

/** Whose certificate a client gets that names nobody, as one does that came by address. */
export function defaultServerName({hosts, listen: {host}}: ServerSettings): string {
  const named = hosts.find(name => !name.startsWith('*.'));
  if (named !== undefined) return named;
  const isEveryAddress = host === '0.0.0.0' || host === '::';
  return host !== undefined && isIP(host) && !isEveryAddress ? host : '127.0.0.1';
}

const renderSession = (session: ProxySession): string =>
  renderAccessLine(session, {
    durationMs: performance.now() - session.context.startedAt,
    now: Date.now(),
    pid: process.pid,
  });

/** How long the end waits for a reader of the log that is slow, in milliseconds. */
const LAST_LINES_MS = 1_000;

const finish = (log: AccessLog | undefined): Promise<void> =>
  Promise.race([log?.flush() ?? Promise.resolve(), delay(LAST_LINES_MS, undefined, {ref: false})]);

const createStdoutLog = (): AccessLog =>
  createAccessLog({
    write: (lines, done) => void process.stdout.write(lines, done),
    onDropped: count => printNote(`access log: ${count} lines were dropped, as nobody read them in time`),
  });

const reportBug = (error: unknown): void =>
  printNote(`this is a bug in tako: ${error instanceof Error ? error.stack : error}`);
