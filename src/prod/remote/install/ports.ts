import {TakoError} from '../../../system/error.js';
import type {ServerFacts} from './facts.js';

export type ServerPorts = {readonly httpPort: number; readonly httpsPort: number};

/** Ports that were asked for; undefined: what fits. */
export type WantedPorts = {readonly httpPort: number | undefined; readonly httpsPort: number | undefined};

const USUAL: ServerPorts = {httpPort: 80, httpsPort: 443};
/** What they are where the usual ones are root's. */
const WITHOUT_ROOT: ServerPorts = {httpPort: 8080, httpsPort: 8443};

/**
 * Which ports a server serves on: those asked for, those it has already, the usual ones. Throws PORTS_TAKEN: the usual
 * ones are never given up silently, as no browser and no certificate authority would find the others.
 */
export function planPorts(facts: ServerFacts, wanted: WantedPorts): ServerPorts {
  const usual = mayOpen(facts, USUAL.httpPort) ? USUAL : nextFree(facts, WITHOUT_ROOT);
  const ports = {
    httpPort: wanted.httpPort ?? facts.settings?.httpPort ?? usual.httpPort,
    httpsPort: wanted.httpsPort ?? facts.settings?.httpsPort ?? usual.httpsPort,
  };
  const taken = takenPorts(facts, ports);
  if (taken.length > 0) throw portsTaken(taken);
  const denied = Object.values(ports).filter(port => !mayOpen(facts, port));
  if (denied.length > 0) throw portsDenied(denied, facts);
  return ports;
}

const mayOpen = ({privilege, firstFreePort}: ServerFacts, port: number): boolean =>
  privilege !== 'none' || port >= firstFreePort;

/** Those of an installation are its own, and listened on by itself. */
export function takenPorts({listening, settings}: ServerFacts, {httpPort, httpsPort}: ServerPorts): readonly number[] {
  const own = [settings?.httpPort, settings?.httpsPort];
  return [httpPort, httpsPort].filter(port => listening.has(port) && !own.includes(port));
}

function nextFree({listening}: ServerFacts, ports: ServerPorts): ServerPorts {
  const next = (port: number): number => (listening.has(port) ? next(port + 1) : port);
  return {httpPort: next(ports.httpPort), httpsPort: next(ports.httpsPort)};
}

const listOf = (ports: readonly number[]): string =>
  ports.length === 1 ? `port ${ports[0]} is` : `ports ${ports.join(' and ')} are`;

const portsTaken = (ports: readonly number[]): TakoError =>
  new TakoError('PORTS_TAKEN', `${listOf(ports)} in use on the server`, {
    hint: 'stop what listens there, or choose others with --http-port and --https-port',
  });

const portsDenied = (ports: readonly number[], {firstFreePort}: ServerFacts): TakoError =>
  new TakoError('PORTS_DENIED', `${listOf(ports)} root's on the server`, {
    hint: `connect as root or as a user with sudo, or choose ports from ${firstFreePort} on`,
  });
