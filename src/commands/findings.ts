// What doctor looks at. Each check proves something end to end: a query that is answered, a handshake that verifies.

import {lookup, Resolver} from 'node:dns/promises';
import {readFile} from 'node:fs/promises';
import {Agent, request} from 'undici';
import {openAuthority} from '../ca/authority.js';
import type {RootCertificate} from '../ca/root.js';
import {checkTrust, type StoreTrust, type TrustFacts} from '../ca/trust/trust.js';
import type {Settings} from '../config/settings.js';
import type {DaemonInfo} from '../control/protocol.js';
import {systemClock} from '../system/clock.js';
import {errorCode, TakoError} from '../system/error.js';
import {describePortOwner} from '../system/port-owner.js';
import {DEFAULT_PORTS} from './context.js';

export type Finding = {
  readonly id: string;
  readonly severity: 'ok' | 'warning' | 'error';
  readonly observed: string;
  /** What to do about it; null when nothing is to be done. */
  readonly fix: string | null;
};

/** A name nobody registers, so that no app is started by looking. */
const CANARY = 'tako-doctor-canary';
const TIMEOUT_MS = 3_000;

/** Runs a check; one that cannot even be made is a finding too. */
export async function attempt(id: string, check: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await check();
  } catch (error) {
    const observed = error instanceof Error ? error.message : String(error);
    const details = error instanceof TakoError ? error.details.map(line => `\n         ${line}`).join('') : '';
    return [
      {id, severity: 'error', observed: observed + details, fix: (error instanceof TakoError && error.hint) || null},
    ];
  }
}

/** While the daemon does not run: whether its ports would be free. */
export async function checkFreePorts({port, httpPort}: Settings): Promise<Finding[]> {
  const findings = [port ?? DEFAULT_PORTS.https, httpPort ?? DEFAULT_PORTS.http].map(
    async (wanted): Promise<Finding[]> => {
      const owner = wanted === 0 ? undefined : await describePortOwner(wanted, 'tcp');
      if (owner === undefined) return [];
      const fix = 'stop that program, or choose another port (docs/ports.md)';
      return [{id: `port-${wanted}`, severity: 'error', observed: `port ${wanted} is in use by ${owner}`, fix}];
    },
  );
  return (await Promise.all(findings)).flat();
}

/** Whether the root and its key can be used: what the trust stores say of it matters only then. */
export async function checkAuthority(root: RootCertificate | undefined, folder: string): Promise<Finding[]> {
  if (!root) return [];
  await openAuthority({folder, clock: systemClock});
  return [{id: 'authority', severity: 'ok', observed: 'the local authority can sign', fix: null}];
}

export function checkDaemon(info: DaemonInfo | undefined, version: string): Finding {
  if (!info)
    return {id: 'daemon', severity: 'ok', observed: 'the daemon does not run; "tako dev" starts it', fix: null};
  const observed = `the daemon runs: tako ${info.version}, pid ${info.pid}, ${info.apps} apps`;
  return info.version === version
    ? {id: 'daemon', severity: 'ok', observed, fix: null}
    : {
        id: 'daemon',
        severity: 'warning',
        observed: `${observed}; this command is ${version}`,
        fix: 'run "tako dev" again',
      };
}

/** Our name server by itself, then the way of every other program: the system's resolver. */
export async function checkNames({dnsPort, zones}: DaemonInfo): Promise<Finding[]> {
  const host = `${CANARY}.${zones[0] ?? 'test'}`;
  const resolver = new Resolver({timeout: TIMEOUT_MS, tries: 1});
  resolver.setServers([`127.0.0.1:${dnsPort}`]);
  const [own, system] = await Promise.all([
    resolver.resolve4(host).catch((): string[] => []),
    lookup(host, {all: true}).then(
      found => found.map(({address}) => address),
      () => [],
    ),
  ]);
  const resolves = system.some(address => address === '127.0.0.1' || address === '::1');
  return [
    own.includes('127.0.0.1')
      ? {id: 'dns-server', severity: 'ok', observed: `the name server answers on port ${dnsPort}`, fix: null}
      : {
          id: 'dns-server',
          severity: 'error',
          observed: `the name server does not answer on port ${dnsPort}`,
          fix: 'run "tako dev stop --all", then "tako dev" again',
        },
    resolves
      ? {
          id: 'dns-system',
          severity: 'ok',
          observed: `this machine resolves .${zones[0] ?? 'test'} names to itself`,
          fix: null,
        }
      : {
          id: 'dns-system',
          severity: 'warning',
          observed: `this machine does not resolve .${zones[0] ?? 'test'} names${system[0] === undefined ? '' : ` to itself but to ${system[0]}`}`,
          fix: `point the system's resolver at 127.0.0.1 port ${dnsPort} for these names (docs/names.md), or use the .localhost names`,
        },
  ];
}

/** A real handshake and request on each address, verified against our root alone. */
export async function checkPorts({https, http, zones, rootCertificate}: DaemonInfo): Promise<Finding[]> {
  const ca = await readFile(rootCertificate, 'utf8');
  const servername = `${CANARY}.${zones[0] ?? 'test'}`;
  const probes = ['127.0.0.1', '[::1]'].map(async address =>
    renderHttps(address, https.port, await probe(`https://${address}:${https.port}/`, {ca, servername})),
  );
  const denied = [https, http].filter(({isDenied}) => isDenied).map(({port}) => renderDenied(port, process.platform));
  return [...(await Promise.all(probes)), ...denied];
}

/** What a machine without IPv6 says to a connection. */
const NO_IPV6 = ['EADDRNOTAVAIL', 'EAFNOSUPPORT'];

/** What a request to the address came to: `error` is undefined when it was answered. */
export function renderHttps(address: string, port: number, error: unknown): Finding {
  const id = `https-${address}`;
  if (error === undefined) {
    const observed = `HTTPS answers on ${address} port ${port} with a valid certificate`;
    return {id, severity: 'ok', observed, fix: null};
  }
  if (address === '[::1]' && NO_IPV6.includes(errorCode(error) ?? '')) {
    return {id, severity: 'ok', observed: 'this machine has no IPv6; 127.0.0.1 alone is served', fix: null};
  }
  const problem = error instanceof Error ? error.message : String(error);
  return {
    id,
    severity: 'error',
    observed: `HTTPS on ${address} port ${port}: ${problem}`,
    fix: 'run "tako dev stop --all", then "tako dev" again',
  };
}

/** `port` is the one that was taken in place of the standard one. */
export function renderDenied(port: number, platform: NodeJS.Platform): Finding {
  return {
    id: `port-${port}`,
    severity: 'warning',
    observed: `this user may not open the standard port; port ${port} is used`,
    fix:
      platform === 'linux'
        ? 'tako setup'
        : 'nothing is to be done when addresses with a port suit you, as "tako dev" shows them',
  };
}

/** Why the request was not answered; undefined when it was. */
async function probe(url: string, connect: {ca: string; servername: string}): Promise<unknown> {
  const dispatcher = new Agent({connect, headersTimeout: TIMEOUT_MS});
  try {
    const {body} = await request(url, {dispatcher, headers: {host: connect.servername}});
    await body.dump();
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await dispatcher.destroy();
  }
}

export function checkTrustStores(root: RootCertificate | undefined, facts: TrustFacts): Finding[] {
  if (!root) {
    return [{id: 'trust', severity: 'ok', observed: 'there is no local authority yet; "tako dev" makes it', fix: null}];
  }
  return checkTrust(facts, root).map(renderTrust);
}

function renderTrust(store: StoreTrust): Finding {
  const id = `trust-${store.store}`;
  switch (store.state) {
    case 'trusted':
      return {id, severity: 'ok', observed: `${store.store} trusts tako's root certificate`, fix: null};
    case 'not-trusted':
      return {
        id,
        severity: 'warning',
        observed: `${store.store} does not trust tako's root certificate`,
        fix: 'tako trust',
      };
    case 'stale':
      return {
        id,
        severity: 'error',
        observed: `${store.store} has an earlier root certificate of tako's`,
        fix: 'tako trust',
      };
    case 'unavailable':
      return {id, severity: 'warning', observed: `${store.store}: ${store.reason}`, fix: null};
  }
}
