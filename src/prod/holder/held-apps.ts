import {createPipeSupply} from '../../supervisor/contract-pipes.js';
import type {InstanceRecords} from '../../supervisor/instance-records.js';
import type {LaunchSpec} from '../../supervisor/launch-spec.js';
import {startProcess} from '../../supervisor/spawn.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {processIdentity} from '../../system/processes.js';
import type {GroupLease, GroupLeases} from './control-groups.js';
import {type HeldApp, holdApp, type Link} from './held-app.js';
import {type Isolation, judgeIsolation, type User} from './isolation.js';
import type {WireSpec} from './protocol.js';

export type SpawnRequest = {
  readonly instance: string;
  readonly spec: LaunchSpec;
  readonly wire: WireSpec;
  readonly isolation: Isolation;
  readonly meta: unknown;
};

/** All apps that the holder has started and not let go of. */
export type HeldApps = {
  /** Starts a process, or throws NotSpawned or ISOLATION_REFUSED. */
  start(request: SpawnRequest): Promise<HeldApp>;
  find(instance: string): HeldApp | undefined;
  all(): readonly HeldApp[];
  /** Resolves when those that are being started now are there, or are not to be. */
  settled(): Promise<void>;
  /** Ends what still runs of it, and forgets it. */
  close(app: HeldApp): Promise<void>;
  /** A server process has gone. What it was ending, nobody else takes over. */
  leave(link: Link): void;
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

  async function spawn({instance, spec, wire, isolation, meta}: SpawnRequest): Promise<HeldApp> {
    const {uid, gid, cgroup, limits} = isolation;
    const lease = cgroup === undefined ? undefined : await groups.take(cgroup, limits);
    try {
      const app = await startProcess(spec, instance, await pipes.take(), {
        ...(uid === undefined ? {} : {uid}),
        ...(gid === undefined ? {} : {gid}),
        ...(limits.openFiles === null ? {} : {openFiles: limits.openFiles}),
        ...(lease === undefined ? {} : {admit: pid => lease.admit(pid)}),
      });
      const explainExit: Parameters<typeof holdApp>[0]['explainExit'] = async exit =>
        lease ? lease.explain(exit) : exit;
      const held = holdApp({app, spec, wire, meta, explainExit, clock});
      if (lease) leases.set(held, lease);
      return held;
    } catch (error) {
      await lease?.release();
      throw error;
    }
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
    await app.end(0);
    app.close();
    apps.delete(app.id);
    closing.delete(app);
    await leases.get(app)?.release();
    leases.delete(app);
    keepRecord(() => records.remove(app.id));
  }

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
    find: instance => apps.get(instance),
    all: () => [...apps.values()],
    settled,
    close,
    leave: link => {
      for (const app of apps.values()) {
        app.leave(link);
        if (app.isEnding && app.owner === undefined) void close(app);
      }
    },
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
