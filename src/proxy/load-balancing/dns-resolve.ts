import {Resolver} from 'node:dns/promises';
import {errorCode} from '../../system/error.js';

/** All addresses of a name, in any order. Rejects when they cannot be had, rather than giving some of them. */
export type ResolveAddresses = (name: string, signal: AbortSignal) => Promise<readonly string[]>;

/** How long one server may take to answer and how often it is asked, so that a lookup ends within seconds. */
const QUERY = {timeout: 2_000, tries: 2} as const;

/**
 * Asks DNS for A and AAAA records: not the hosts file, which no orchestrator writes to. `servers` are addresses with
 * ports, `127.0.0.1:53`; those of the system when left out.
 */
export function createDnsResolve(servers?: readonly string[]): ResolveAddresses {
  return async (name, signal) => {
    signal.throwIfAborted();
    const resolver = new Resolver(QUERY);
    if (servers) resolver.setServers(servers);
    const cancel = (): void => resolver.cancel();
    signal.addEventListener('abort', cancel, {once: true});
    try {
      const families = [resolver.resolve4(name), resolver.resolve6(name)].map(noneIfAbsent);
      return (await Promise.all(families)).flat();
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

/** A name without records of one family is common. One that cannot be looked up is not the same as one without. */
async function noneIfAbsent(lookup: Promise<string[]>): Promise<readonly string[]> {
  try {
    return await lookup;
  } catch (error) {
    if (errorCode(error) === 'ENODATA' || errorCode(error) === 'ENOTFOUND') return [];
    throw error;
  }
}
