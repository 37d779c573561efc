import {readFileSync} from 'node:fs';
import {type RequestFilter, send} from '../proxy/request-path.js';

const TARGET = '/ca.pem';

/** Serves the root certificate at `http://<any host>/ca.pem`, for devices that are to trust it. Never over HTTPS. */
export function createRootDownload(certificateFile: string): RequestFilter {
  return ({isSecure, method, target, response}) => {
    if (isSecure || target.split('?', 1)[0] !== TARGET || (method !== 'GET' && method !== 'HEAD')) return false;
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
