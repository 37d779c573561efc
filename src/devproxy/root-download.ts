import {readFileSync} from 'node:fs';
import {type RequestFilter, send} from '../proxy/request-path.js';
import {isLoopbackHost} from '../proxy/route-syntax.js';

const TARGET = '/ca.pem';

/**
 * Serves the root certificate at `http://<a local name>/ca.pem`, for clients that are to trust it. Never over HTTPS, and
 * not under a name of the internet: a page there could point that name here and read whose machine this is.
 */
export function createRootDownload(certificateFile: string, zones: readonly string[]): RequestFilter {
  return ({isSecure, method, target, authority, response}) => {
    if (isSecure || target.split('?', 1)[0] !== TARGET || (method !== 'GET' && method !== 'HEAD')) return false;
    if (!isLocal(authority.host, zones)) return false;
    const certificate = readFileSync(certificateFile, 'utf8');
    const headers = {
      'content-type': 'application/x-pem-file',
      'content-disposition': 'attachment; filename="tako-ca.pem"',
      'content-length': String(Buffer.byteLength(certificate)),
      'cache-control': 'no-store',
    };
    send(response, 200, headers, method === 'HEAD' ? '' : certificate);
    return true;
  };
}

const isLocal = (host: string, zones: readonly string[]): boolean =>
  isLoopbackHost(host) || zones.some(zone => host === zone || host.endsWith(`.${zone}`));
