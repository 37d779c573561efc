// The server process's side of the channel to its holder.

import {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {readJsonLines, writeJsonLine} from '../../control/json-lines.js';
import {createDeferred} from '../../supervisor/deferred.js';
import type {Endpoint} from '../../supervisor/endpoint.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import type {GroupEnd} from '../../supervisor/process-group.js';
import {explainNotSpawned, type SpawnedApp} from '../../supervisor/spawn.js';
import {TakoError} from '../../system/error.js';
import type {Isolation, User} from './isolation.js';
import {
  CHANNEL_FD,
  HOLDER_PROTOCOL,
  type HolderMessage,
  MAX_BAGGAGE_BYTES,
  MAX_SPEC_BYTES,
  parseHolderMessage,
  type ServerMessageInput,
  type SocketFacts,
} from './protocol.js';
import {createRemoteApp, type RemoteApp} from './remote-app.js';
import {failureOf, wireIsolation, wireSpec} from './wire.js';

/** A process that an earlier server process has started, or one that finishes, to be adopted. */
export type RunningApp = {
  readonly app: SpawnedApp;
  readonly spec: LaunchSpec;
  /** What was given at its spawn. */
  readonly meta: unknown;
  /** Where it listens. Undefined: nobody has found that out yet. */
  readonly endpoint: Endpoint | undefined;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
};

export type SpawnOptions = {
  /** Comes back with it in `ready`. */
  readonly meta?: unknown;
  /** False: no other server process gets it, and it ends with this one. */
  readonly isHandedOver?: boolean;
};

/** What belongs to one deployment on this machine. */
export type AppPlace = {
  /** As whom its processes run. Undefined: as this process itself. */
  readonly user: User | undefined;
  readonly dataFolder: string;
};

export type Holder = {
  /** The listening sockets by name: descriptors to listen on. */
  readonly sockets: Readonly<
    Record<string, readonly {readonly fd: number; readonly host: string; readonly port: number}[]>
  >;
  /** By what memory and processes are limited; null: they are not. */
  readonly limitsBy: 'cgroup-v2' | 'cgroup-v1' | null;
  /** Whether apps run as users of their own. */
  readonly isIsolated: boolean;
  /**
   * Says that this process could serve, and resolves when it decides, with all that runs: each to be adopted, or ended.
   * Then is the time to accept connections. Until then it starts no app.
   */
  ready(): Promise<readonly RunningApp[]>;
  /** Says that it accepts connections: who did before is told to finish. */
  accepting(): void;
  /** As `spawnApp` of the supervisor, as a child of the holder. */
  spawnApp(spec: LaunchSpec, instanceId: string, isolation: Isolation, options?: SpawnOptions): Promise<SpawnedApp>;
  /** Makes the user and the data folder of `shop/production`, where they are not there yet. */
  prepare(deployment: string): Promise<AppPlace>;
  /** Ends what runs as the user of a deployment, deletes all that is in its data folder, and the user. The folder itself stays. */
  erase(deployment: string): Promise<void>;
  /** A value that an earlier server process has left, as JSON gives it back. */
  baggage(name: string): unknown;
  /** Leaves a value to the next. Throws a RangeError when there is no room for it: 1 MiB in all. */
  setBaggage(name: string, value: unknown): void;
  /**
   * Called when another process decides from now on. Requests are to be answered still. What this one was writing is written
   * when that resolves, for the other to go on.
   */
  onFollowed(listener: () => Promise<void>): void;
  /** Called when another ends an instance: resolves when no request of this process is in flight there any more. */
  onLeave(listener: (endpoint: Endpoint, graceMs: number) => Promise<void>): void;
  /** Called when another accepts connections: no new ones, finish what is in flight within so many milliseconds, exit. */
  onDrain(listener: (timeoutMs: number) => void): void;
  /** Called when somebody on the machine wants a reload; when it rejects, there is none. Left out: there is one. */
  onReloadWanted(listener: () => Promise<unknown>): void;
  /** Has another server process follow this one. Rejects with RELOAD_FAILED, and this one goes on, if it is not ready. */
  reload(): Promise<{readonly pid: number}>;
  /** Ends the holder, this process and all apps: what comes next is a drain. */
  shutdown(): Promise<void>;
};

export type HolderClientOptions = {
  /** The channel. Left out: the one that this process has inherited. */
  readonly channel?: Duplex;
  /** The holder has gone, and all apps with it or soon. Left out: this process exits. */
  readonly onLost?: () => void;
};

type Pending = {resolve(value: unknown): void; reject(error: unknown): void; readonly spec?: LaunchSpec};

/** Resolves when the holder has said what this process needs to know. */
export async function connectHolder({
  channel = inheritedChannel(),
  onLost = exit,
}: HolderClientOptions = {}): Promise<Holder> {
  const pending = new Map<number, Pending>();
  const apps = new Map<string, RemoteApp>();
  const running: RunningApp[] = [];
  const baggage = new Map<string, unknown>();
  const drainListeners: ((timeoutMs: number) => void)[] = [];
  let onFollowed = async (): Promise<void> => undefined;
  let onLeave = async (_endpoint: Endpoint, _graceMs: number): Promise<void> => undefined;
  const reload = async (): Promise<{pid: number}> => (await ask({type: 'reload'})) as {pid: number};
  let onReloadWanted: () => Promise<unknown> = reload;
  const welcome = createDeferred<HolderMessage & {type: 'welcome'}>();
  const serving = createDeferred<readonly RunningApp[]>();
  let lastId = 0;
  let drainsWithinMs: number | undefined;

  const send = (message: ServerMessageInput): void => void writeJsonLine(channel, message);
  type Request = Extract<ServerMessageInput, {id: number}>;
  type Unnumbered<T> = T extends {id: number} ? Omit<T, 'id'> : never;
  const ask = (request: Unnumbered<Request>, spec?: LaunchSpec): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      pending.set(id, spec ? {resolve, reject, spec} : {resolve, reject});
      send({...request, id} as Request);
    });

  const attach = (facts: Parameters<typeof createRemoteApp>[0], spec: LaunchSpec): RemoteApp => {
    const {instance} = facts;
    const remote = createRemoteApp(facts, spec, {
      taken: sequence => send({type: 'taken', instance, sequence}),
      listensOn: endpoint => send({type: 'listens', instance, endpoint}),
      end: async graceMs => (await ask({type: 'end', instance, graceMs: Math.round(graceMs)})) as GroupEnd,
      kill: () => send({type: 'kill', instance}),
      close: () => {
        apps.delete(instance);
        send({type: 'close', instance});
      },
    });
    apps.set(instance, remote);
    return remote;
  };
  const settle = (id: number): Pending | undefined => {
    const found = pending.get(id);
    pending.delete(id);
    return found;
  };
  const drain = (timeoutMs: number): void => {
    drainsWithinMs = timeoutMs;
    for (const listener of drainListeners) listener(timeoutMs);
  };
  // Whatever went wrong here, others go on.
  const yieldTo = (): void =>
    void onFollowed()
      .catch(() => {})
      .then(() => send({type: 'yielded'}));
  const wantReload = (): void =>
    void onReloadWanted().catch(error => send({type: 'reload-refused', reason: String(error.message).slice(0, 4096)}));
  const leave = ({instance, endpoint, graceMs}: HolderMessage & {type: 'leave'}): void =>
    void onLeave(endpoint, graceMs)
      .catch(() => {})
      .then(() => send({type: 'left', instance}));

  const takeOver = ({app, spec, meta, endpoint, startedAt}: HolderMessage & {type: 'running'}): void => {
    running.push({app: attach(app, spec).app, spec, meta, endpoint, startedAt});
  };
  const takeSpawned = ({id, app}: HolderMessage & {type: 'spawned'}): void => {
    const asked = settle(id);
    // At once: what is told of it comes right behind.
    if (asked?.spec) asked.resolve(attach(app, asked.spec).app);
  };
  const take = (message: HolderMessage): void => {
    if (message.type === 'welcome') welcome.resolve(message);
    else if (message.type === 'running') takeOver(message);
    else if (message.type === 'serving') serving.resolve(running.splice(0));
    else if (message.type === 'followed') yieldTo();
    else if (message.type === 'leave') leave(message);
    else if (message.type === 'reload-wanted') wantReload();
    else if (message.type === 'drain') drain(message.timeoutMs);
    else if (message.type === 'spawned') takeSpawned(message);
    else if (message.type === 'answer') settle(message.id)?.resolve(message.value);
    else if (message.type === 'failed') settle(message.id)?.reject(failureOf(message.failure));
    else apps.get(message.instance)?.take(message);
  };

  const lost = (): void => {
    const error = new TakoError('HOLDER_LOST', 'the holder of this server has gone');
    for (const {reject} of pending.values()) reject(error);
    pending.clear();
    welcome.reject(error);
    serving.reject(error);
    onLost();
  };
  channel.on('error', () => {});
  channel.once('close', lost);
  readJsonLines(channel, message => {
    const parsed = parseHolderMessage(message);
    // A holder that has come after this process may say what did not exist yet.
    if (parsed) take(parsed);
  });

  const {sockets, limitsBy, isIsolated, protocol, baggage: left} = await welcome.promise;
  if (protocol !== HOLDER_PROTOCOL) throw otherProtocol(protocol);
  for (const [name, value] of Object.entries(left)) baggage.set(name, value);
  return {
    sockets: byName(sockets),
    limitsBy,
    isIsolated,
    ready: () => {
      send({type: 'ready'});
      return serving.promise;
    },
    spawnApp: async (spec, instanceId, isolation, {meta = null, isHandedOver = true} = {}) => {
      const wire = wireSpec(spec);
      if (sizeOf({wire, meta}) > MAX_SPEC_BYTES) {
        throw new TakoError('APP_TOO_LARGE', `the variables and secrets of ${spec.app} are more than 3 MiB`);
      }
      const request = {
        type: 'spawn',
        instance: instanceId,
        spec: wire,
        isolation: wireIsolation(isolation),
        meta,
        isHandedOver,
      } as const;
      return (await ask(request, spec).catch(error => explainNotSpawned(spec, error))) as SpawnedApp;
    },
    accepting: () => send({type: 'accepting'}),
    prepare: async deployment => {
      const {uid, gid, dataFolder} = (await ask({type: 'user', deployment})) as Prepared;
      return {dataFolder, user: uid === null || gid === null ? undefined : {uid, gid}};
    },
    erase: async deployment => void (await ask({type: 'erase', deployment})),
    baggage: name => baggage.get(name),
    setBaggage: (name, value) => {
      const kept = JSON.parse(JSON.stringify(value ?? null));
      if (sizeOf({...Object.fromEntries(baggage), [name]: kept}) > MAX_BAGGAGE_BYTES) throw new RangeError('no room');
      baggage.set(name, kept);
      send({type: 'baggage', name, value: kept});
    },
    onFollowed: listener => {
      onFollowed = listener;
    },
    onLeave: listener => {
      onLeave = listener;
    },
    onDrain: listener => {
      drainListeners.push(listener);
      if (drainsWithinMs !== undefined) listener(drainsWithinMs);
    },
    onReloadWanted: listener => {
      onReloadWanted = listener;
    },
    reload,
    shutdown: async () => void (await ask({type: 'shutdown'})),
  };
}

const otherProtocol = (protocol: number): TakoError =>
  new TakoError('HOLDER_PROTOCOL', `the holder speaks protocol ${protocol}, this program ${HOLDER_PROTOCOL}`, {
    hint: 'restart the service, as by "systemctl restart tako": that restarts all apps and cuts connections',
  });

type Prepared = {readonly uid: number | null; readonly gid: number | null; readonly dataFolder: string};

/** Nothing is left to serve: the apps go with the holder, and another one will start what is to be there. */
function exit(): void {
  process.exit(1);
}

const inheritedChannel = (): Duplex => new Socket({fd: CHANNEL_FD, readable: true, writable: true});

const sizeOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

function byName(sockets: readonly SocketFacts[]): Holder['sockets'] {
  const named: Record<string, {fd: number; host: string; port: number}[]> = {};
  for (const {name, fd, host, port} of sockets) named[name] = [...(named[name] ?? []), {fd, host, port}];
  return named;
}
