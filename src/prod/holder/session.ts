// What server processes ask for, and what is done about it. A server process is the active one or it is not: only the
// active one starts and ends apps. One that finishes its requests is told of the apps it knows until it is gone, so that
// it sends no request where nobody listens.

import {within} from '../../supervisor/race.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import type {HeldApps} from './held-apps.js';
import {HOLDER_PROTOCOL, type ServerMessage} from './protocol.js';
import type {ServerProcess} from './server-process.js';
import {wireFailure, wireSpec} from './wire.js';

/** All that a server process can ask for beside its apps. */
export type SessionWorld = {
  readonly apps: HeldApps;
  readonly clock: Clock;
  readonly baggage: Baggage;
  readonly limitsBy: 'cgroup-v2' | 'cgroup-v1' | null;
  readonly isIsolated: boolean;
  isActive(server: ServerProcess): boolean;
  /** It says that it is ready. */
  ready(server: ServerProcess): void;
  /** It takes connections. */
  accepting(server: ServerProcess): void;
  /** It was told that somebody wants a reload, and refuses. */
  reloadRefused(server: ServerProcess, reason: string): void;
  reload(): Promise<{readonly pid: number}>;
  shutdown(): void;
  /** Makes the user and the data folder of a deployment. */
  prepare(deployment: string): Promise<unknown>;
  erase(deployment: string): Promise<void>;
};

/** Small opaque values that survive server processes. */
export type Baggage = {
  all(): Readonly<Record<string, unknown>>;
  /** False: there is no room. */
  set(name: string, value: unknown): boolean;
};

export type Session = {
  /** Says what the server process needs to know before it can be ready. */
  welcome(server: ServerProcess): void;
  /** Hands all that runs over to it, and what is just being started too, when the one before has let go of it. */
  handOver(server: ServerProcess, before: ServerProcess | undefined): Promise<void>;
  take(server: ServerProcess, message: ServerMessage): void;
  /** Nothing that was asked for is being done, but reloads. */
  readonly isIdle: boolean;
  /** The reloads that a server process has asked for and not been answered yet, as it asked for them. */
  awaitedReloads(server: ServerProcess): readonly (ServerMessage & {type: 'reload'})[];
};

type Asking = Extract<ServerMessage, {id: number}>;

export function createSession(world: SessionWorld): Session {
  const {apps, baggage, clock} = world;
  const yielding = new Map<ServerProcess, () => void>();
  /** What was asked for and is being done. */
  const underWay = new Map<Asking, ServerProcess>();

  const answer = (server: ServerProcess, {id}: {readonly id: number}, work: Promise<unknown>): Promise<void> =>
    work.then(
      value => server.send({type: 'answer', id, value: value ?? null}),
      error => fail(server, {id}, error),
    );
  async function attend(server: ServerProcess, message: Asking): Promise<void> {
    underWay.set(message, server);
    if (message.type === 'spawn') await spawn(server, message).catch(error => fail(server, message, error));
    else await answer(server, message, perform(server, message));
    underWay.delete(message);
  }
  const fail = (server: ServerProcess, {id}: {readonly id: number}, error: unknown): void =>
    server.send({type: 'failed', id, failure: wireFailure(error)});

  async function spawn(server: ServerProcess, message: ServerMessage & {type: 'spawn'}): Promise<void> {
    if (!world.isActive(server)) throw refuse();
    const {id, instance, spec, isolation, meta, isHandedOver} = message;
    const app = await apps.start({instance, spec, wire: wireSpec(spec), isolation, meta, isHandedOver});
    server.send({type: 'spawned', id, app: app.facts()});
    if (world.isActive(server) || !isHandedOver) return app.giveTo(server);
    // Another has taken over, this process too. Whoever waits for it here is told all the same.
    app.tell(server);
  }

  /** The one that finishes its requests may think that it ends what is another's by now. */
  async function end(server: ServerProcess, instance: string, graceMs: number): Promise<unknown> {
    const app = apps.find(instance);
    return app?.owner === server ? app.end(graceMs) : 'ended';
  }

  async function shutdown(server: ServerProcess): Promise<void> {
    if (!world.isActive(server)) throw refuse();
    world.shutdown();
  }

  function perform(server: ServerProcess, message: Exclude<Asking, {type: 'spawn'}>): Promise<unknown> {
    switch (message.type) {
      case 'end':
        return end(server, message.instance, message.graceMs);
      case 'reload':
        return world.reload();
      case 'shutdown':
        return shutdown(server);
      case 'user':
        return world.prepare(message.deployment);
      case 'erase':
        return world.erase(message.deployment);
    }
  }

  type OfApp = Extract<ServerMessage, {type: 'kill' | 'close' | 'listens' | 'taken' | 'left'}>;

  function takeOfApp(server: ServerProcess, message: OfApp): void {
    const app = apps.find(message.instance);
    if (app === undefined) return;
    // Both may have waited for the same start.
    if (message.type === 'listens') app.listensOn(message.endpoint);
    if (message.type === 'left') app.left(server);
    if (app.owner !== server) return;
    if (message.type === 'taken') app.taken(message.sequence);
    if (message.type === 'kill') app.kill();
    if (message.type === 'close') void apps.close(app);
  }

  /** Output waits here meanwhile: what it gets, it writes, and what it does not get, the next one writes. */
  async function takeFrom(before: ServerProcess): Promise<void> {
    for (const app of apps.all()) if (app.owner === before && app.isHandedOver) app.hold();
    const {promise, resolve} = Promise.withResolvers<void>();
    yielding.set(before, resolve);
    before.send({type: 'followed'});
    await within(YIELD_MS, clock, () => Promise.race([promise, before.exited]));
    yielding.delete(before);
  }

  return {
    welcome: server => {
      const {limitsBy, isIsolated} = world;
      const sockets = [...server.sockets];
      server.send({type: 'welcome', protocol: HOLDER_PROTOCOL, sockets, limitsBy, isIsolated, baggage: baggage.all()});
    },
    handOver: async (server, before) => {
      if (before && !before.isGone) await takeFrom(before);
      await apps.settled();
      if (!world.isActive(server)) return;
      for (const app of apps.all()) {
        // Whoever is ending it does so to the end, and what ends with its own process stays there.
        if (app.isEnding || !app.isHandedOver) continue;
        server.send(app.describe());
        app.giveTo(server);
      }
      server.send({type: 'serving'});
    },
    take: (server, message) => {
      if ('id' in message) void attend(server, message);
      else if (message.type === 'ready') world.ready(server);
      else if (message.type === 'accepting') world.accepting(server);
      else if (message.type === 'reload-refused') world.reloadRefused(server, message.reason);
      else if (message.type === 'yielded') yielding.get(server)?.();
      else if (message.type === 'baggage') baggage.set(message.name, message.value);
      else takeOfApp(server, message);
    },
    get isIdle() {
      return [...underWay.keys()].every(({type}) => type === 'reload');
    },
    awaitedReloads: server =>
      [...underWay].flatMap(([message, asker]) => (asker === server && message.type === 'reload' ? [message] : [])),
  };
}

/** To write what it has of output: a tenth of a second's worth. */
const YIELD_MS = 2_000;

const refuse = (): TakoError =>
  new TakoError('SERVER_DRAINING', 'another server process has taken over', {hint: 'ask again'});
