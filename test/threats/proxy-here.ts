// A proxy in this process, for tests that watch what the engine does and measure nothing.

import assert from 'node:assert/strict';
import {onTestFinished} from 'vitest';
import type {Limits, Timeouts} from '../../src/proxy/limits.js';
import type {Phases} from '../../src/proxy/phases.js';
import {createProxy} from '../../src/proxy/proxy.js';
import {serve} from '../../src/proxy/serve.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {eventually} from '../helpers/eventually.js';
import {certificate, HOST} from '../proxy/harness.js';

export type ProxyHereOptions = Partial<Phases> & {
  readonly upstream?: Upstream;
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
};

export type ProxyHere = {
  readonly plainPort: number;
  readonly securePort: number;
  inFlight(): number;
  /** Resolves once no request is under way. */
  untilIdle(): Promise<void>;
};

/** Opens a plain and a TLS port. It closes with the test, which fails when a bug showed. */
export async function startProxyHere({upstream, limits, timeouts, ...phases}: ProxyHereOptions): Promise<ProxyHere> {
  const bugs: unknown[] = [];
  const proxy = createProxy(
    {upstreamPeer: () => upstream ?? assert.fail('there is no upstream'), ...phases},
    {limits: limits ?? {}, timeouts: timeouts ?? {}, onBug: error => bugs.push(error)},
  );
  const plain = await serve(proxy, {port: 0, host: '127.0.0.1'});
  const tls = {certificates: {certificateFor: async () => certificate}, defaultServerName: HOST};
  const secure = await serve(proxy, {port: 0, host: '127.0.0.1', tls});
  onTestFinished(async () => {
    await Promise.all([plain.close(), secure.close()]);
    assert.deepEqual(bugs, []);
  });
  return {
    plainPort: plain.port,
    securePort: secure.port,
    inFlight: () => proxy.inFlight,
    untilIdle: () => eventually(() => assert.equal(proxy.inFlight, 0), {everyMs: 5}),
  };
}
