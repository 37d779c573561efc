import {onTestFinished} from 'vitest';
import {createProxy} from '../../../src/proxy/proxy.js';
import {serve} from '../../../src/proxy/serve.js';
import type {Upstream} from '../../../src/proxy/upstream.js';

/** A plain port of a proxy that sends everything to one upstream. It goes with the test. */
export async function serveProxy(upstream: Upstream): Promise<number> {
  const proxy = createProxy({upstreamPeer: () => upstream});
  const listener = await serve(proxy, {port: 0, host: '127.0.0.1'});
  onTestFinished(async () => {
    proxy.close();
    await listener.close();
  });
  return listener.port;
}
