import type {Server} from 'node:http';
import {readBootstrap} from './bootstrap.js';
import {decideAddress, type WantedAddress} from './listen-address.js';
import {installRuntime, reportReady} from './ready.js';
import type {ListenAddress, RunningServer} from './running-server.js';
import {runtimeState} from './runtime-state.js';
import {type Recognized, requireServable, type Servable} from './servable.js';
import {endOnSignals} from './shutdown.js';

export type ServeOptions = WantedAddress & {
  /** Awaited before it listens. */
  readonly ready?: (() => unknown) | undefined;
  /** Awaited at the end, when no request is in flight any more. */
  readonly close?: (() => unknown) | undefined;
};

export type Served = {
  /** The port that is really listened on. */
  readonly port: number;
  /** Node's server, where there is one: to attach `ws` or Socket.IO to. Not for handlers on Bun and Deno. */
  readonly server: Server | undefined;
  /** Accepts nothing more and resolves when nothing is in flight. A signal to end does it too. */
  close(): Promise<void>;
};

/**
 * Serves an app where tako wants it, tells tako when it listens, answers tako's own question, and at SIGTERM finishes what
 * is in flight before it ends the process. Without tako it listens on PORT, or 3000. Rejects with NOT_SERVABLE and
 * PORT_IN_USE, and with what `ready` throws.
 */
export async function serve(app: Servable, options: ServeOptions = {}): Promise<Served> {
  return serveRecognized(requireServable(app), options);
}

/** As `serve`, for what has been told apart already. */
export async function serveRecognized(recognized: Recognized, options: ServeOptions = {}): Promise<Served> {
  runtimeState().isServed = true;
  installRuntime();
  const own = recognized.form === 'fetch' ? recognized.app : undefined;
  await own?.ready?.();
  await options.ready?.();
  const running = await listen(recognized, decideAddress(options, process.env));
  const end = once(async () => {
    await running.drain();
    await own?.close?.();
    await options.close?.();
  });
  endOnSignals(end);
  reportReady(running.port);
  if (readBootstrap() === undefined) console.log(`listening on http://localhost:${running.port}`);
  return {port: running.port, server: running.server, close: end};
}

/** Each runtime loads its own server only. */
async function listen(recognized: Recognized, address: ListenAddress): Promise<RunningServer> {
  if (recognized.form !== 'fetch') {
    const {serveListener} = await import('./node/listener-server.js');
    return serveListener(recognized, address);
  }
  if ('Bun' in globalThis) return (await import('./bun/bun-server.js')).serveOnBun(recognized.app, address);
  if ('Deno' in globalThis) return (await import('./deno/deno-server.js')).serveOnDeno(recognized.app, address);
  return (await import('./node/node-server.js')).serveOnNode(recognized.app, address);
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= work());
}
