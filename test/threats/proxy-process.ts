// A proxy in a process of its own, to be attacked and measured.

import assert from 'node:assert/strict';
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import path from 'node:path';
import {onTestFinished} from 'vitest';
import type {Limits, Timeouts} from '../../src/proxy/limits.js';
import type {Upstream} from '../../src/proxy/upstream.js';
import {eventually} from '../helpers/eventually.js';
import {certificate} from '../proxy/harness.js';

const PROXY = path.resolve(import.meta.dirname, 'fixtures/proxy.mjs');

export type ProxyProcessOptions = {
  readonly upstream: Upstream;
  readonly limits?: Partial<Limits>;
  readonly timeouts?: Partial<Timeouts>;
  readonly handshakeTimeoutMs?: number;
  /** How many files it may have open; as many as this process if not given. */
  readonly descriptors?: number;
};

/** What can be seen from outside at any time. */
export type Look = {
  /** Bytes. */
  readonly rss: number;
  readonly inFlight: number;
  readonly bugs: number;
  /** What keeps its event loop busy, by node's names: sockets, timers. */
  readonly resources: Readonly<Record<string, number>>;
};

/** What is left after garbage collection. */
export type Remains = Look & {
  /** Bytes of objects. */
  readonly heap: number;
  /** Bytes of what was read and not written yet, above all. */
  readonly buffers: number;
  readonly descriptors: number;
};

export type ProxyProcess = {
  readonly plainPort: number;
  readonly securePort: number;
  look(): Promise<Look>;
  collect(): Promise<Remains>;
  /** Resolves once no request is under way and no more than so many connections are open. */
  untilQuiet(connections?: number): Promise<void>;
};

/**
 * Idle connections to the app are open ones, too: tests that wait until there are none need not wait long. An app that is
 * there and does not come to take a connection is none of the threats, only a machine with other work to do.
 */
const TIMEOUTS: Partial<Timeouts> = {upstreamIdleMs: 1_000, connectMs: 10 * 60_000};

/** Starts it on free ports. It ends with the test, which fails when a bug showed or the process is gone by itself. */
export async function startProxyProcess({descriptors, ...settings}: ProxyProcessOptions): Promise<ProxyProcess> {
  const timeouts = {...TIMEOUTS, ...settings.timeouts};
  const child = spawnProxy(JSON.stringify({...settings, timeouts, certificate}), descriptors);
  const exited = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const {plainPort, securePort} = await hear<Pick<ProxyProcess, 'plainPort' | 'securePort'>>(child, 'ready');
  const ask = async <T>(question: string): Promise<T> => {
    assert.equal(child.exitCode ?? child.signalCode, null, 'the proxy has ended by itself');
    const answer = hear<T>(child, question);
    child.send(question);
    return answer;
  };
  const look = (): Promise<Look> => ask('look');
  onTestFinished(async () => assert.equal((await look()).bugs, 0));
  return {
    plainPort,
    securePort,
    look,
    collect: () => ask('collect'),
    async untilQuiet(connections = 0) {
      const isQuiet = async (): Promise<void> => {
        const {inFlight, resources} = await look();
        assert.equal(inFlight, 0);
        assert.ok(connectionsIn(resources) <= connections, JSON.stringify(resources));
      };
      await eventually(isQuiet, {everyMs: 50});
    },
  };
}

/** Connections of both kinds; those of the TLS port count once for their socket. */
export const connectionsIn = (resources: Look['resources']): number => resources.TCPSocketWrap ?? 0;

/** Waits until it is true, for as long as what is told of its progress changes. */
export const untilTrue = (isTrue: () => Promise<boolean> | boolean, progress?: () => unknown): Promise<void> =>
  eventually(async () => assert.ok(await isTrue()), {progress});

function spawnProxy(settings: string, descriptors: number | undefined): ChildProcess {
  const command = [process.execPath, '--expose-gc', PROXY, settings];
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  return spawn('sh', ['-c', `${limit}exec "$0" "$@"`, ...command], {stdio: ['ignore', 'inherit', 'inherit', 'ipc']});
}

function hear<T>(child: ChildProcess, question: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: {question: string; answer: T}): void => {
      if (message.question !== question) return;
      child.off('message', onMessage).off('exit', onExit);
      resolve(message.answer);
    };
    const onExit = (): void => reject(new Error(`the proxy ended instead of answering "${question}"`));
    child.on('message', onMessage).on('exit', onExit);
  });
}
