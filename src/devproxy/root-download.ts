import {readFileSync} from 'node:fs';
import {authorityOf, type RequestFilter} from '../proxy/request-path.js';
import {isLoopbackHost} from '../proxy/route-syntax.js';

const TARGET = '/ca.pem';

/**
 * Serves the root certificate at `http://<a local name>/ca.pem`, for clients that are to trust it. Never over HTTPS, and
 * not under a name of the internet: a page there could point that name here and read whose machine this is.
 */
export function createRootDownload(certificateFile: string, zones: readonly string[]): RequestFilter {
  return session => {
    const {method, target} = session.request;
    if (session.client.isSecure || target.split('?', 1)[0] !== TARGET) return false;
    if ((method !== 'GET' && method !== 'HEAD') || !isLocal(authorityOf(session).host, zones)) return false;
    const headers = {
      'content-type': 'application/x-pem-file',
      'content-disposition': 'attachment; filename="tako-ca.pem"',
      'cache-control': 'no-store',
    };
    session.respond(200, headers, readFileSync(certificateFile, 'utf8'));
    return true;
  };
}

const isLocal = (host: string, zones: readonly string[]): boolean =>
  isLoopbackHost(host) || zones.some(zone => host === zone || host.endsWith(`.${zone}`));
