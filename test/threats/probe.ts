// Someone who minds his own business while others attack.

import assert from 'node:assert/strict';
import {Agent, request as requestHttp} from 'node:http';
import {setTimeout as delay} from 'node:timers/promises';
import {onTestFinished} from 'vitest';

export type Probe = {
  /** Ends it. Rejects when a request was not answered with 200. */
  stop(): Promise<void>;
};

const PAUSE_MS = 20;
/** A request that takes longer has not been answered at all: a guard, no measure. */
const MAX_WAIT_MS = 10_000;

/** Asks for `/hello` again and again, on a kept connection and on new ones in turn. */
export function startProbe(port: number, path = '/hello'): Probe {
  const kept = new Agent({keepAlive: true});
  let isStopped = false;
  const end = (): void => {
    isStopped = true;
    kept.destroy();
  };
  onTestFinished(end);
  const probing = (async () => {
    let count = 0;
    for (; !isStopped || count < 2; count++) {
      assert.equal(await ask(port, path, count % 2 === 0 ? kept : false), 200);
      await delay(PAUSE_MS);
    }
  })();
  // Whoever stops it hears of what went wrong.
  probing.catch(() => undefined);
  return {
    async stop() {
      isStopped = true;
      await probing;
      kept.destroy();
    },
  };
}

/** The status of an answer that came whole. */
export function ask(port: number, path: string, agent: Agent | false): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = requestHttp({port, host: '127.0.0.1', path, agent, timeout: MAX_WAIT_MS}, response => {
      response.on('error', reject).on('end', () => resolve(response.statusCode ?? 0));
      response.resume();
    });
    request.on('timeout', () => request.destroy(new Error('a probe was not answered')));
    request.on('error', reject);
    request.end();
  });
}
