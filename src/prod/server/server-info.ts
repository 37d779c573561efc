import {SERVER_PROTOCOL, type ServerInfo} from '../../control/server-methods.js';
import type {Clock} from '../../system/clock.js';
import type {Holder} from '../holder/holder-client.js';

export type InfoOptions = {readonly holder: Holder; readonly version: string; readonly clock: Clock};

/** What the server says of itself, whenever it is asked. */
export function createServerInfo({holder, version, clock}: InfoOptions): () => ServerInfo {
  const startedAt = clock.now();
  const platform = {os: 'linux', cpu: process.arch === 'arm64' ? 'arm64' : 'x64', libc: findLibc()} as const;
  return () => ({
    version,
    protocol: SERVER_PROTOCOL,
    pid: process.pid,
    startedAt,
    now: clock.now(),
    httpPort: portOf(holder, 'http'),
    httpsPort: portOf(holder, 'https'),
    nodeVersion: process.versions.node,
    isIsolated: holder.isIsolated,
    limitsBy: holder.limitsBy,
    platform,
  });
}

/** The port of the sockets of that name. */
export const portOf = ({sockets}: Pick<Holder, 'sockets'>, name: string): number => sockets[name]?.[0]?.port ?? 0;

/** Node names the version of its C library only where that is glibc. */
function findLibc(): 'glibc' | 'musl' {
  const {header} = process.report.getReport() as {header: {glibcVersionRuntime?: string}};
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}
