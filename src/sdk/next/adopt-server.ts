// What an app of Next needs of tako, done in the process of its own server: there is no second one in front of it.

import {installRuntime, reportReady} from '../ready.js';
import {handleStatusRequest} from '../status.js';
import {observeServers} from './observe-servers.js';
import {keepsOwnUrls, setPublicUrl} from './public-url.js';

let isAdopted = false;

/**
 * Takes what tako delivered, answers tako's question for the status, and has requests be for the address that the visitor
 * used. `settings` are Next's own as JSON, asked for when the first request is there. Doing it twice is doing it once.
 */
export function adoptServer(settings: () => string): void {
  if (isAdopted) return;
  isAdopted = true;
  installRuntime();
  // Where Next reads its settings only when it listens: `next dev` and `next start`.
  const [, port] = /:(\d+)$/.exec(process.env.__NEXT_PRIVATE_ORIGIN ?? '') ?? [];
  if (port !== undefined) reportReady(Number(port));
  let isLeft: boolean | undefined;
  observeServers({
    onRequest(request, response) {
      if (handleStatusRequest(request, response)) return true;
      isLeft ??= keepsOwnUrls(settings());
      if (!isLeft) setPublicUrl(request);
      return false;
    },
    onListening: port => reportReady(port),
  });
}
