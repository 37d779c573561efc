import {parseAuthority} from '../../proxy/route-syntax.js';

const HTTPS_PORT = 443;

/**
 * The origin of the page for a browser that asks for this value of Host; undefined when it names a port that is not tako's.
 * Without a port it is 443, which the system may lead to where tako listens.
 */
export function ownOriginOf(host: string, httpsPort: number): string | undefined {
  const authority = parseAuthority(host);
  if (authority === undefined) return undefined;
  const {port = HTTPS_PORT} = authority;
  if (port !== HTTPS_PORT && port !== httpsPort) return undefined;
  return `https://${authority.host}${port === HTTPS_PORT ? '' : `:${port}`}`;
}
