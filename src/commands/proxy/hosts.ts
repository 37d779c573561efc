import {findAuthority} from '../../proxy/authority.js';
import {parseRoute} from '../../proxy/route-syntax.js';
import {TakoError} from '../../system/error.js';

/** Whether a request's Host is one that is served. */
export type HostFilter = (host: string) => boolean;

/** Reads a `--host`: a host name, or one with `*.` in front for all below it. Throws HOST_INVALID. */
export function parseHost(text: string): string {
  const parsed = parseRoute(text);
  if (parsed.ok && parsed.route.path === '/') return parsed.route.host;
  throw new TakoError('HOST_INVALID', `"${text}" is not a host name`, {
    hint: 'write a name without scheme, port and path, as in app.test or *.app.test',
  });
}

/** Serves these hosts only, or all when there are none. */
export function createHostFilter(hosts: readonly string[]): HostFilter {
  if (hosts.length === 0) return () => true;
  const exact = new Set(hosts.filter(host => !host.startsWith('*.')));
  const suffixes = hosts.filter(host => host.startsWith('*.')).map(host => host.slice(1));
  return text => {
    const host = findAuthority(text)?.host;
    return host !== undefined && (exact.has(host) || suffixes.some(suffix => host.endsWith(suffix)));
  };
}
