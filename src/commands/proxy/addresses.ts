// The addresses on the command line of `tako proxy`: where it listens, and what it forwards to.

import {isIP, isIPv6} from 'node:net';
import {type BackendSpec, backendAddress, MAX_WEIGHT} from '../../proxy/load-balancing/backend.js';
import {normalizeHost} from '../../proxy/route-syntax.js';
import type {Upstream} from '../../proxy/upstream.js';
import {TakoError} from '../../system/error.js';

export type ListenAddress = {
  /** Undefined stands for both loopback addresses. */
  readonly host: string | undefined;
  /** 0 takes any free port. */
  readonly port: number;
};

/** Reads `host:port`, `:port` or `port`. Throws LISTEN_INVALID. */
export function parseListen(text: string): ListenAddress {
  const {host, port} = splitAddress(text) ?? {};
  if (port === undefined || (host !== '' && host !== 'localhost' && isIP(host ?? '') === 0)) {
    throw new TakoError('LISTEN_INVALID', `"${text}" is not an address to listen on`, {
      hint: 'write an IP address and a port, as in 127.0.0.1:8443, [::1]:8443 or 0.0.0.0:8443, or the port alone',
    });
  }
  return {host: host === '' || host === 'localhost' ? undefined : host, port};
}

type Scheme = 'http' | 'https' | 'h2c';

/** What a port is when none is written. gRPC has no port of its own. */
const DEFAULT_PORTS: Readonly<Record<Scheme, number | undefined>> = {http: 80, https: 443, h2c: undefined};

/**
 * Reads `[http://|https://|h2c://]host:port[=weight]`, where `:port` and `port` stand for this machine. Throws TO_INVALID.
 */
export function parseTo(text: string): BackendSpec {
  const match = /^(?:(https?|h2c):\/\/)?([^/?#=]+)\/?(?:=(\d+))?$/i.exec(text.trim());
  const scheme = (match?.[1]?.toLowerCase() ?? 'http') as Scheme;
  const {host, port} = splitAddress(match?.[2] ?? '', match?.[1] ? DEFAULT_PORTS[scheme] : undefined) ?? {};
  const name = host === '' ? '127.0.0.1' : normalizeHost(isIPv6(host ?? '') ? `[${host}]` : (host ?? ''));
  const weight = match?.[3] === undefined ? 1 : Number(match[3]);
  if (name === undefined || !port || weight < 1 || weight > MAX_WEIGHT) throw invalidTarget(text);
  return {upstream: upstreamOf(scheme, name, port), weight};
}

/** An upstream as a person writes it. */
export function renderTo({upstream}: BackendSpec): string {
  const scheme = upstream.tls ? 'https://' : upstream.protocol === 'h2c' ? 'h2c://' : '';
  return scheme + backendAddress(upstream);
}

function upstreamOf(scheme: Scheme, host: string, port: number): Upstream {
  if (scheme === 'h2c') return {host, port, protocol: 'h2c'};
  if (scheme === 'http') return {host, port};
  // An address is no server name (RFC 6066, section 3); the certificate is checked against it all the same.
  return {host, port, tls: {isVerified: true, ...(isIP(host) ? {serverName: ''} : {})}};
}

type SplitAddress = {readonly host: string; readonly port: number | undefined};

/** The host is empty where there is none; undefined for what is no address. */
function splitAddress(text: string, defaultPort?: number): SplitAddress | undefined {
  if (/^\d+$/.test(text)) return withPort('', text);
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d+))?$/.exec(text);
  if (!match) return undefined;
  const host = match[1] ?? match[2] ?? '';
  if (match[1] !== undefined && !isIPv6(host)) return undefined;
  return match[3] === undefined ? {host, port: defaultPort} : withPort(host, match[3]);
}

function withPort(host: string, text: string): SplitAddress | undefined {
  const port = Number(text);
  return port <= 65_535 ? {host, port} : undefined;
}

const invalidTarget = (text: string): TakoError =>
  new TakoError('TO_INVALID', `"${text}" is not something to forward to`, {
    hint: `write host:port, https://host:port or h2c://host:port, and "=" with a weight up to ${MAX_WEIGHT} behind it if wanted; paths cannot be given`,
  });
