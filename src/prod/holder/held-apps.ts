import {createPipeSupply} from '../../supervisor/contract-pipes.js';
import type {Exit} from '../../supervisor/instance.js';
import type {InstanceRecords} from '../../supervisor/instance-records.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {startProcess} from '../../supervisor/spawn.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {processIdentity} from '../../system/processes.js';
import type {GroupLease, GroupLeases} from './control-groups.js';
import type {InheritedAppState} from './handover-table.js';
import {type HeldApp, holdApp, type Link} from './held-app.js';
import {type AppSockets, inheritApp} from './inherited-app.js';
import {type Isolation, judgeIsolation, type User} from './isolation.js';
import type {WireSpec} from './protocol.js';
import {wireSpec} from './wire.js';

export type SpawnRequest = {
  readonly instance: string;
  readonly spec: LaunchSpec;
  readonly wire: WireSpec;
  readonly isolation: Isolation;
  readonly meta: unknown;
  readonly isHandedOver: boolean;
};

/** All apps that the holder has started and not let go of. */
export type HeldApps = {
  /** Starts a process, or throws NotSpawned or ISOLATION_REFUSED. */
  start(request: SpawnRequest): Promise<HeldApp>;
  /** Goes on with one that the holder before has left. Sockets are read from the moment on in which they are made. */
  inherit(before: InheritedAppState, makeSockets: () => AppSockets): Promise<HeldApp>;
  /** It belongs to these server processes again. What nobody owns any more and was to end is let go of. */
  rejoin(instance: string, watchers: readonly Link[], owner: Link | undefined): void;
  find(instance: string): HeldApp | undefined;
  all(): readonly HeldApp[];
  /** Resolves when those that are being started now are there, or are not to be. */
  settled(): Promise<void>;
  /** None is being started, nor let go of. */
  readonly isSettled: boolean;
  /** Ends what still runs of it, and forgets it. */
  close(app: HeldApp): Promise<void>;
  /** Ends all that run as the user, and lets go of them. */
  endOf(user: User): Promise<void>;
  /** A server process has gone. What it was ending, and what ends with it, nobody else takes over. */
  leave(link: Link): void;
  /** Lets go of what is kept ready for the next start. */
  releaseSpares(): Promise<void>;
  /** Ends all, and starts none any more. */
  closeAll(graceMs: number): Promise<void>;
};

export type HeldAppsOptions = {
  readonly isRoot: boolean;
  /** As whom apps may run. */
  readonly users: () => readonly User[];
  readonly groups: GroupLeases;
  readonly records: InstanceRecords;
  readonly clock: Clock;
  readonly say: (text: string) => void;
};

export function createHeldApps({isRoot, users, groups, records, clock, say}: HeldAppsOptions): HeldApps {
  const pipes = createPipeSupply();
  const apps = new Map<string, HeldApp>();
  const leases = new Map<HeldApp, GroupLease>();
  const closing = new Map<HeldApp, Promise<void>>();
  /** Of instances whose process is being made. */
  const starting = new Map<string, Promise<unknown>>();
  let isClosed = false;

  async function spawn(request: SpawnRequest): Promise<HeldApp> {
    const {instance, spec, wire, isolation, meta, isHandedOver} = request;
    const {uid, gid, cgroup, limits} = isolation;
    const lease = cgroup === undefined ? undefined : await groups.take(cgroup, limits);
    try {
      const app = await startProcess(spec, instance, await pipes.take(), {
        ...(uid === undefined ? {} : {uid}),
        ...(gid === undefined ? {} : {gid}),
        ...(limits.openFiles === null ? {} : {openFiles: limits.openFiles}),
        ...(lease === undefined ? {} : {admit: pid => lease.admit(pid)}),
      });
      return keep({app, spec, wire, isolation, meta, isHandedOver}, lease);
    } catch (error) {
      await lease?.release();
      throw error;
    }
  }

  type Kept = Omit<Parameters<typeof holdApp>[0], 'explainExit' | 'killsBefore' | 'clock'>;

  function keep(kept: Kept, lease: GroupLease | undefined): HeldApp {
    const explainExit = async (exit: Exit): Promise<Exit> => (lease ? lease.explain(exit) : exit);
    const held = holdApp({...kept, killsBefore: lease?.killsBefore ?? 0, explainExit, clock});
    if (lease) leases.set(held, lease);
    return held;
  }

  async function start(request: SpawnRequest): Promise<HeldApp> {
    const {instance, spec} = request;
    records.add({id: instance, app: spec.app, pid: undefined, startTime: undefined});
    try {
      const held = await spawn(request);
      apps.set(instance, held);
      const startTime = (await processIdentity(held.pid))?.startTime;
      keepRecord(() => records.setPid(instance, held.pid, startTime));
      if (isClosed) await close(held);
      return held;
    } catch (error) {
      keepRecord(() => records.remove(instance));
      throw error;
    }
  }

  /** A full disk concerns only the case of our own sudden death. */
  function keepRecord(write: () => void): void {
    try {
      write();
    } catch (error) {
      say(`the record of an instance could not be written: ${String(error)}`);
    }
  }

  const settled = async (): Promise<void> => void (await Promise.allSettled(starting.values()));

  function close(app: HeldApp): Promise<void> {
    const known = closing.get(app) ?? letGo(app).catch(error => say(`${app.spec.app}: ${String(error)}`));
    closing.set(app, known);
    return known;
  }

  async function letGo(app: HeldApp): Promise<void> {
    await app.end(app.isHandedOver ? 0 : app.spec.graceMs);
    app.close();
    apps.delete(app.id);
    closing.delete(app);
    await leases.get(app)?.release();
    leases.delete(app);
    keepRecord(() => records.remove(app.id));
  }

  const isLeft = (app: HeldApp): boolean => (app.isEnding || !app.isHandedOver) && app.owner === undefined;

  return {
    start: async request => {
      const {instance, isolation} = request;
      if (isClosed) throw new TakoError('HOLDER_STOPPING', 'the server is stopping');
      if (apps.has(instance) || starting.has(instance)) throw new Error(`there is an instance ${instance} already`);
      const problem = judgeIsolation(isolation, {isRoot, users: users()});
      if (problem !== undefined) throw new TakoError('ISOLATION_REFUSED', problem);
      const begun = start(request).finally(() => starting.delete(instance));
      starting.set(instance, begun);
      return begun;
    },
    inherit: async (before, makeSockets) => {
      const {spec, isolation, meta, killsBefore, isHandedOver} = before;
      const {cgroup, limits} = isolation;
      const lease = cgroup === undefined ? undefined : await groups.take(cgroup, limits, killsBefore);
      const app = inheritApp(before, makeSockets());
      const held = keep({app, spec, wire: wireSpec(spec), isolation, meta, isHandedOver, before}, lease);
      apps.set(before.instance, held);
      return held;
    },
    rejoin: (instance, watchers, owner) => {
      const app = apps.get(instance);
      app?.rejoin(watchers, owner);
      if (app && isLeft(app)) void close(app);
    },
    find: instance => apps.get(instance),
    all: () => [...apps.values()],
    settled,
    get isSettled() {
      return starting.size === 0 && closing.size === 0;
    },
    close,
    endOf: async user => {
      const own = [...apps.values()].filter(app => app.uid === user.uid);
      await Promise.all(
        own.map(async app => {
          await app.end(app.spec.graceMs);
          await close(app);
        }),
      );
    },
    leave: link => {
      for (const app of apps.values()) {
        app.leave(link);
        if (isLeft(app)) void close(app);
      }
    },
    releaseSpares: pipes.close,
    closeAll: async graceMs => {
      isClosed = true;
      await settled();
      await Promise.all(
        [...apps.values()].map(async app => {
          await app.end(graceMs);
          await close(app);
        }),
      );
      await pipes.close();
    },
  };
}
