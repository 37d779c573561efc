import type {Clock} from '../system/clock.js';
import {type Adoptee, adopt, launch, type Spawn} from './app-process.js';
import type {Upstream} from './attempt.js';
import {createPipeSupply} from './contract-pipes.js';
import type {Endpoint} from './endpoint.js';
import type {OutputLimits} from './flood-gate.js';
import {type Exit, type Instance, STOPPED} from './instance.js';
import type {InstanceRecords} from './instance-records.js';
import type {LaunchSpec} from './launch-spec.js';
import {createLogBuffer, type LogBuffer} from './log-buffer.js';
import type {LogLevel} from './log-level.js';
import {unlessAborted} from './race.js';
import {type SpawnedApp, spawnApp} from './spawn.js';
import {explainStart, StartError} from './start-error.js';
import {createSupervisedApp, type SupervisedApp} from './supervised-app.js';

export type SupervisorEvent = {readonly type: 'instance'; readonly app: string; readonly instance: Instance};

export type SupervisorOptions = {
  readonly clock: Clock;
  /** By which `endOrphans` finds what a killed process of ours has left. Left out: who spawns sees to that. */
  readonly records?: InstanceRecords;
  /** Starts processes, or throws a StartError. Left out: they are our own children. */
  readonly spawn?: Spawn;
  /** How much of the output of each process is kept. Left out: all, and who writes without end keeps others waiting. */
  readonly outputLimits?: OutputLimits;
  /** The log of an app, which is asked for again after it was dropped. Left out: one in memory. */
  readonly openLog?: (app: string) => LogBuffer;
  /** Each transition, as it happens. */
  readonly onEvent?: (event: SupervisorEvent) => void;
  /** A start or restart that did not succeed, whether or not anyone waits for it; told before those are who do. */
  readonly onFailed?: (app: string, error: unknown) => void;
  /** Resolves when nothing of that upstream is in flight any more. It is not waited for longer than the grace period. */
  readonly drain?: (upstream: Upstream, graceMs: number) => Promise<void>;
};

/** Runs apps, of each at most two process groups at a time, and says how they are. */
export type Supervisor = {
  /** Where a request may go at once. Undefined when it would have to wait, for which there is `start`. */
  serving(app: string): Upstream | undefined;
  /**
   * Where the app listens, once it does. A ready app answers at once; a start or restart that is under way is shared,
   * with the spec it was begun with, and so is the start after a crash; one that is stopping is started anew when it
   * has stopped. Resolves with the old instance when its restart failed. Rejects with a StartError, or with the signal's
   * reason when it aborts, which ends only this call's waiting.
   */
  start(spec: LaunchSpec, signal?: AbortSignal): Promise<Upstream>;
  /**
   * Has a process that runs already be the instance of `spec.app`, which has none: from here on as if it had been started
   * here. Resolves with where it listens. Rejects with a StartError when it was not ready yet and does not become so.
   */
  adopt(spec: LaunchSpec, app: SpawnedApp, endpoint: Endpoint | undefined, startedAt: number): Promise<Upstream>;
  /**
   * Stops the app, or cancels its start. Resolves when no process of its groups runs any more. `because` ends the
   * sentence in the log that says so.
   */
  stop(app: string, because?: string): Promise<void>;
  /**
   * Has an instance by this spec follow what runs: beside it, or in its place where two cannot be there at once. Calls
   * to `start` meanwhile share it, and so does a restart that comes before it is done, whose spec counts then. Rejects
   * with a StartError when the new one does not become ready; an old one that runs beside it goes on then. `because`
   * ends the sentence in the log that says so.
   */
  restart(spec: LaunchSpec, signal?: AbortSignal, because?: string): Promise<Upstream>;
  instance(app: string): Instance;
  /** How the app's last process that had been ready ended by itself, also when another has followed it. */
  lastCrash(app: string): Exit | undefined;
  /** The app's log; it may be asked for, and subscribed to, before the app's first start. */
  logs(app: string): LogBuffer;
  /** Stops the app and drops its log. */
  forget(app: string): Promise<void>;
  /** Stops all apps at once, and starts none any more. */
  close(): Promise<void>;
};

type Entry = {
  readonly app: SupervisedApp;
  readonly logs: LogBuffer;
  readonly adopt: (spec: LaunchSpec, adoptee: Adoptee) => Promise<Upstream>;
};

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const {clock, records = NO_RECORDS, onEvent = () => {}, onFailed = () => {}, drain = async () => {}} = options;
  const {outputLimits, openLog = () => createLogBuffer(clock)} = options;
  const {spawn, close: closeSpawning} = options.spawn
    ? {spawn: options.spawn, close: async () => {}}
    : spawnOurselves();
  const entries = new Map<string, Entry>();
  let closed: Promise<void> | undefined;

  const create = (app: string): Entry => {
    const logs = openLog(app);
    const processes = {clock, records, spawn, logs, outputLimits};
    const world = {
      clock,
      drain,
      explain: explainStart,
      launch: (spec: LaunchSpec) => launch(spec, processes),
      say: (text: string, level: LogLevel = 'info') => void logs.append('tako', text, {level}),
    };
    const hooks = {
      onChange: (instance: Instance) => onEvent({type: 'instance', app, instance}),
      onFailed: (error: unknown) => onFailed(app, error),
    };
    const supervised = createSupervisedApp(world, hooks);
    return {
      logs,
      app: supervised,
      adopt: (spec, adoptee) => supervised.adopt(spec, () => adopt(spec, adoptee, processes)),
    };
  };
  const entryOf = (app: string): Entry => {
    const entry = entries.get(app) ?? create(app);
    entries.set(app, entry);
    return entry;
  };
  const open = (spec: LaunchSpec, signal?: AbortSignal): SupervisedApp => {
    signal?.throwIfAborted();
    if (closed) throw new StartError(spec, {outcome: 'cancelled'});
    return entryOf(spec.app).app;
  };
  const stop = async (app: string, because?: string): Promise<void> => entries.get(app)?.app.stop(because);
  const closeAll = async (): Promise<void> => {
    await Promise.all([...entries.keys()].map(app => stop(app)));
    await closeSpawning();
  };
  return {
    serving: app => entries.get(app)?.app.serving(),
    start: async (spec, signal) => unlessLeft(open(spec, signal).start(spec), signal),
    restart: async (spec, signal, because) => unlessLeft(open(spec, signal).restart(spec, because), signal),
    adopt: async (spec, app, endpoint, startedAt) => {
      open(spec);
      return entryOf(spec.app).adopt(spec, {app, endpoint, startedAt});
    },
    stop,
    instance: app => entries.get(app)?.app.instance() ?? STOPPED,
    lastCrash: app => entries.get(app)?.app.lastCrash(),
    logs: app => entryOf(app).logs,
    forget: async app => {
      await stop(app);
      if (entries.get(app)?.app.isIdle()) entries.delete(app);
    },
    close: () => {
      closed ??= closeAll();
      return closed;
    },
  };
}

const unlessLeft = <T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> =>
  signal ? unlessAborted(promise, signal) : promise;

function spawnOurselves(): {readonly spawn: Spawn; close(): Promise<void>} {
  const pipes = createPipeSupply();
  return {
    spawn: async (spec, instanceId) => spawnApp(spec, instanceId, await pipes.take()),
    close: () => pipes.close(),
  };
}

const NO_RECORDS: InstanceRecords = {add: () => {}, setPid: () => {}, remove: () => {}, all: () => []};
