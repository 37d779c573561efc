import {isIP} from 'node:net';
import type {ListenAddress} from './running-server.js';

/** Where nobody says otherwise. */
const DEFAULT_PORT = 3000;

/** What the program itself says; what its environment says goes first. */
export type WantedAddress = {readonly port?: number | undefined; readonly host?: string | undefined};

/**
 * Where an app is to listen: PORT and HOST, then what it says itself, then port 3000, in production of every address, else
 * of this machine only.
 */
export function decideAddress(wanted: WantedAddress, environment: Readonly<NodeJS.ProcessEnv>): ListenAddress {
  const {PORT, HOST, NODE_ENV} = environment;
  const host = isAddress(HOST) ? HOST : wanted.host;
  const byDefault = NODE_ENV === 'production' ? undefined : '127.0.0.1';
  return {port: parsePort(PORT) ?? wanted.port ?? DEFAULT_PORT, host: host ?? byDefault};
}

/** Some shells have the machine's own name in HOST. */
const isAddress = (host: string | undefined): host is string =>
  host !== undefined && (isIP(host) !== 0 || host === 'localhost');

function parsePort(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{1,5}$/.test(text)) return undefined;
  const port = Number(text);
  return port <= 65_535 ? port : undefined;
}
