// The holder: the one process on a server that stays. It owns what must not be lost when the server process is restarted,
// upgraded or killed: the listening sockets, the apps' processes, their output and exit codes. Where it is root it is the
// only part that is, so it does little, and believes nothing it is told.

import path from 'node:path';
import type {InstanceRecords} from '../../supervisor/instance-records.js';
import {endOrphans} from '../../supervisor/orphans.js';
import {type Clock, systemClock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {type Run, run} from '../../system/exec.js';
import {ensurePrivateFolder} from '../../system/files.js';
import {type Lock, tryLock} from '../../system/lock.js';
import {outliveOutput} from '../../system/outlive-output.js';
import {createAppUsers} from './app-users.js';
import {createBaggage} from './baggage.js';
import {createBequest} from './bequest.js';
import {findCgroups} from './cgroup.js';
import {createGroupLeases} from './control-groups.js';
import {dataFolderOf, ensureDataFolder, eraseData, eraseTemporary} from './data-folder.js';
import {type Estate, receiveEstate} from './estate.js';
import type {Successor} from './handover.js';
import {createHeldApps, type HeldApps} from './held-apps.js';
import {createHeldServers} from './held-servers.js';
import {openInstanceFile} from './instance-file.js';
import {type ListenerSpec, type ListeningSockets, openListeningSockets} from './listening-sockets.js';
import {createReloading} from './reloading.js';
import {createServerKeeper, type ServerKeeper} from './server-keeper.js';
import type {HeldServer, ServerCommand} from './server-process.js';
import {createSession} from './session.js';

export type HolderOptions = {
  /** The folder with all that the server has: one holder at a time. */
  readonly root: string;
  /** What the gateway listens on; sockets of these names that systemd passes are taken in their place. */
  readonly listeners: readonly ListenerSpec[];
  readonly server: ServerCommand;
  /** What follows this program in its process when it is replaced. Left out: nothing does. */
  readonly successor?: Successor | undefined;
  /** How long a new server process may take until it says that it is ready. */
  readonly readyTimeoutMs?: number;
  /** How long an old one may take to finish its requests. */
  readonly drainTimeoutMs?: number;
  /** The same when all of it ends. */
  readonly stopTimeoutMs?: number;
  /** How long apps may take from SIGTERM to their end. */
  readonly graceMs?: number;
  /** The folder of our control groups. */
  readonly cgroupName?: string;
  readonly clock?: Clock;
  readonly run?: Run;
  readonly say?: (text: string) => void;
};

export const HOLDER_DEFAULTS = {
  readyTimeoutMs: 60_000,
  // Long enough for uploads and WebSockets; the apps go on meanwhile.
  drainTimeoutMs: 5 * 60_000,
  // With the grace period of the apps less than the 90 s that systemd gives (systemd-system.conf(5)).
  stopTimeoutMs: 30_000,
  graceMs: 10_000,
  cgroupName: 'tako',
  successor: undefined,
  clock: systemClock,
  run,
  say: (text: string) => void process.stderr.write(`tako: ${text}\n`),
} as const satisfies Partial<HolderOptions>;

export type RunningHolder = {
  readonly sockets: ListeningSockets['sockets'];
  /** Puts a new server process in the place of the active one. Rejects with RELOAD_FAILED; the old one goes on then. */
  reload(): Promise<{readonly pid: number}>;
  /** As `reload`, where the server process agrees or does not answer; nothing happens where it refuses. */
  askForReload(): void;
  /** Has the server process finish, ends all apps, and lets go of everything. */
  close(): Promise<void>;
  /** Resolves when it has closed, whoever wanted that. */
  readonly closed: Promise<void>;
};

/** What only the holder reads and writes. */
const PRIVATE_FOLDER = 'holder';

/** Runs until SIGTERM or SIGINT, and reloads on SIGHUP. */
export async function runHolder(options: HolderOptions): Promise<void> {
  const say = options.say ?? HOLDER_DEFAULTS.say;
  let holder: RunningHolder | undefined;
  let isOver = false;
  const close = (): void => {
    isOver = true;
    void holder?.close();
  };
  const reload = (): void => holder?.askForReload();
  // With the holder all apps would end: a bug costs what it costs, and no more.
  const survive = (error: Error): void => say(`a bug: ${error.stack ?? error.message}`);
  outliveOutput(process.stderr);
  process.on('SIGTERM', close).on('SIGINT', close).on('SIGHUP', reload);
  try {
    holder = await startHolder(options);
    process.on('uncaughtException', survive);
    if (isOver) close();
    await holder.closed;
  } finally {
    process.off('SIGTERM', close).off('SIGINT', close).off('SIGHUP', reload).off('uncaughtException', survive);
  }
}

/**
 * Takes over from the holder before in this process; where there is none, ends what a killed predecessor has left, opens the
 * sockets and starts the server process.
 */
export async function startHolder(given: HolderOptions): Promise<RunningHolder> {
  const options = {...HOLDER_DEFAULTS, ...given};
  const estate = await receiveEstate();
  const folder = path.join(options.root, PRIVATE_FOLDER);
  await ensurePrivateFolder(folder);
  const lock = tryLock(path.join(folder, 'lock'));
  if (!lock) throw new TakoError('HOLDER_RUNNING', `a holder for ${options.root} is running already`);
  try {
    return await startLocked(options, {folder, lock, estate});
  } catch (error) {
    lock.release();
    throw error;
  }
}

type Options = Required<Omit<HolderOptions, 'successor'>> & Pick<HolderOptions, 'successor'>;

type Ground = {readonly folder: string; readonly lock: Lock; readonly estate: Estate | undefined};

async function startLocked(options: Options, {folder, lock, estate}: Ground): Promise<RunningHolder> {
  const {clock, cgroupName, graceMs, listeners, say} = options;
  const isRoot = process.getuid?.() === 0;
  const records = openInstanceFile(path.join(folder, 'instances.sqlite'));
  let sockets: ListeningSockets | undefined;
  try {
    if (!estate) await endOrphans(records, graceMs, clock);
    const cgroups = await findCgroups(cgroupName, clock);
    if (!estate) await cgroups.clear();
    const users = await createAppUsers({folder, root: options.root, isRoot, run: options.run});
    const {user} = options.server;
    const groups = createGroupLeases(cgroups);
    const isolation = {isRoot, users: () => [...users.all(), ...(user ? [user] : [])]};
    const apps = createHeldApps({...isolation, groups, records, clock, say});
    for (const app of estate?.table.apps ?? [])
      await apps.inherit(app, () => estate?.socketsOf(`app/${app.instance}`) ?? {});
    sockets = estate?.listening ?? openListeningSockets(listeners);
    const parts = {options, folder, records, apps, sockets, users, limitsBy: cgroups.version, isRoot, estate};
    return assemble(parts, async () => {
      await cgroups.close();
      records.close();
      lock.release();
    });
  } catch (error) {
    sockets?.close();
    records.close();
    throw error;
  }
}

type Parts = {
  readonly options: Options;
  readonly folder: string;
  readonly estate: Estate | undefined;
  readonly records: InstanceRecords;
  readonly apps: HeldApps;
  readonly sockets: ListeningSockets;
  readonly users: Awaited<ReturnType<typeof createAppUsers>>;
  readonly limitsBy: 'cgroup-v2' | 'cgroup-v1' | null;
  readonly isRoot: boolean;
};

function assemble(parts: Parts, release: () => Promise<void>): RunningHolder {
  const {options, records, apps, sockets, users, limitsBy, isRoot, estate} = parts;
  const {clock, say, root, server} = options;
  const servers = createHeldServers({command: server, sockets: sockets.sockets, records, clock});
  const baggage = createBaggage(undefined, estate?.table.baggage);
  const session = createSession({
    ...{apps, baggage, limitsBy, clock},
    isIsolated: isRoot,
    isActive: process => keeper.isActive(process),
    ready: process => keeper.ready(process),
    accepting: process => keeper.accepting(process),
    reload: () => reloading.reload(),
    reloadRefused: (_, reason) => reloading.refused(reason),
    shutdown: () => void close(),
    prepare: async deployment => {
      const user = await users.ensure(deployment);
      const dataFolder = await ensureDataFolder(root, deployment, {user, service: server.user});
      return {uid: user?.uid ?? null, gid: user?.gid ?? null, dataFolder};
    },
    erase: async deployment => {
      const user = await users.ensure(deployment);
      if (user) await apps.endOf(user);
      await eraseData(dataFolderOf(root, deployment), user);
      if (user) await eraseTemporary(user);
      await users.remove(deployment);
    },
  });
  const inherited = (estate?.table.servers ?? []).map(before => ({
    before,
    process: servers.inherit(before, estate?.socketsOf(`server/${before.pid}`) ?? {}, session.take),
  }));
  const keeper: ServerKeeper = createServerKeeper({
    ...options,
    inherited: inherited.map(({process, before}) => ({process, ...before})),
    start: async onMessage => {
      const process = await servers.start(onMessage);
      session.welcome(process);
      return process;
    },
    onMessage: session.take,
    onActive: session.handOver,
    onGone: process => apps.leave(process),
    clock,
    say,
  });
  const reloading = createReloading({
    ...{options, folder: parts.folder, keeper, servers},
    bequest: isReloadWanted =>
      createBequest({
        ...{apps, servers, keeper, session, baggage, isReloadWanted},
        sockets: sockets.sockets,
        isEnding: () => closing !== undefined,
        isFollower: estate !== undefined,
      }),
  });
  let closing: Promise<void> | undefined;
  let resolveClosed: () => void = () => {};
  const closed = new Promise<void>(resolve => {
    resolveClosed = resolve;
  });
  const close = (): Promise<void> => {
    closing ??= (async () => {
      await keeper.close(options.stopTimeoutMs);
      await apps.closeAll(options.graceMs);
      sockets.close();
      await release();
      resolveClosed();
    })();
    return closing;
  };
  if (estate)
    goOn(
      estate.table,
      apps,
      inherited.map(({process}) => process),
    );
  if (estate?.table.isReloadWanted) reloading.reload().catch(() => {});
  return {sockets: sockets.sockets, reload: reloading.reload, askForReload: reloading.ask, close, closed};
}

/** Brings together again what belonged together, and does what was asked for meanwhile. */
function goOn(table: Estate['table'], apps: HeldApps, processes: readonly HeldServer[]): void {
  const byPid = new Map(processes.map(process => [process.pid, process]));
  for (const {instance, owner, watchers} of table.apps) {
    const links = watchers.flatMap(pid => byPid.get(pid) ?? []);
    apps.rejoin(instance, links, owner === undefined ? undefined : byPid.get(owner));
  }
  for (const {pid, messages} of table.servers) {
    const process = byPid.get(pid);
    for (const message of messages) process?.take(message);
  }
}
