// The holder: the one process on a server that stays. It owns what must not be lost when the server process is restarted,
// upgraded or killed: the listening sockets, the apps' processes, their output and exit codes. Where it is root it is the
// only part that is, so it does little, and believes nothing it is told.

import {randomBytes} from 'node:crypto';
import path from 'node:path';
import type {InstanceRecords} from '../../supervisor/instance-records.js';
import {endOrphans} from '../../supervisor/orphans.js';
import {INSTANCE_MARKER} from '../../supervisor/spawn.js';
import {type Clock, systemClock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import {type Run, run} from '../../system/exec.js';
import {ensurePrivateFolder} from '../../system/files.js';
import {type Lock, tryLock} from '../../system/lock.js';
import {processIdentity} from '../../system/processes.js';
import {createAppUsers} from './app-users.js';
import {createBaggage} from './baggage.js';
import {findCgroups} from './cgroup.js';
import {createGroupLeases} from './control-groups.js';
import {dataFolderOf, ensureDataFolder, eraseData} from './data-folder.js';
import {createHeldApps, type HeldApps} from './held-apps.js';
import {openInstanceFile} from './instance-file.js';
import {type ListenerSpec, type ListeningSockets, openListeningSockets} from './listening-sockets.js';
import type {ServerMessage} from './protocol.js';
import {createServerKeeper, type ServerKeeper} from './server-keeper.js';
import {type ServerCommand, type ServerProcess, startServerProcess} from './server-process.js';
import {createSession} from './session.js';

export type HolderOptions = {
  /** The folder with all that the server has: one holder at a time. */
  readonly root: string;
  /** What the gateway listens on; sockets of these names that systemd passes are taken in their place. */
  readonly listeners: readonly ListenerSpec[];
  readonly server: ServerCommand;
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
  clock: systemClock,
  run,
  say: (text: string) => void process.stderr.write(`tako: ${text}\n`),
} as const satisfies Partial<HolderOptions>;

export type RunningHolder = {
  readonly sockets: ListeningSockets['sockets'];
  /** Puts a new server process in the place of the active one. Rejects with RELOAD_FAILED; the old one goes on then. */
  reload(): Promise<{readonly pid: number}>;
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
  // A failed one has been told already.
  const reload = (): void =>
    void holder?.reload().then(
      ({pid}) => say(`the server process is ${pid} now`),
      () => {},
    );
  // With the holder all apps would end: a bug costs what it costs, and no more.
  const survive = (error: Error): void => say(`a bug: ${error.stack ?? error.message}`);
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

/** Ends what a killed predecessor has left, opens the sockets and starts the server process. */
export async function startHolder(given: HolderOptions): Promise<RunningHolder> {
  const options = {...HOLDER_DEFAULTS, ...given};
  const folder = path.join(options.root, PRIVATE_FOLDER);
  await ensurePrivateFolder(folder);
  const lock = tryLock(path.join(folder, 'lock'));
  if (!lock) throw new TakoError('HOLDER_RUNNING', `a holder for ${options.root} is running already`);
  try {
    return await startLocked(options, folder, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

type Options = Required<HolderOptions>;

async function startLocked(options: Options, folder: string, lock: Lock): Promise<RunningHolder> {
  const {clock, cgroupName, graceMs, listeners, say} = options;
  const isRoot = process.getuid?.() === 0;
  const records = openInstanceFile(path.join(folder, 'instances.sqlite'));
  let sockets: ListeningSockets | undefined;
  try {
    await endOrphans(records, graceMs, clock);
    const cgroups = await findCgroups(cgroupName, clock);
    await cgroups.clear();
    const users = await createAppUsers(folder, isRoot, options.run);
    const {user} = options.server;
    const groups = createGroupLeases(cgroups);
    const isolation = {isRoot, users: () => [...users.all(), ...(user ? [user] : [])]};
    const apps = createHeldApps({...isolation, groups, records, clock, say});
    sockets = openListeningSockets(listeners);
    return assemble({options, records, apps, sockets, users, limitsBy: cgroups.version, isRoot}, async () => {
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
  readonly records: InstanceRecords;
  readonly apps: HeldApps;
  readonly sockets: ListeningSockets;
  readonly users: Awaited<ReturnType<typeof createAppUsers>>;
  readonly limitsBy: 'cgroup-v2' | 'cgroup-v1' | null;
  readonly isRoot: boolean;
};

function assemble(
  {options, records, apps, sockets, users, limitsBy, isRoot}: Parts,
  release: () => Promise<void>,
): RunningHolder {
  const {clock, say, root, server} = options;
  /** A server process that outlives us by a moment would still have the sockets: the next holder ends it first. */
  async function startRecorded(onMessage: (message: ServerMessage) => void): Promise<ServerProcess> {
    const id = randomBytes(8).toString('hex');
    const environment = {...server.environment, [INSTANCE_MARKER]: id};
    records.add({id, app: 'server', pid: undefined, startTime: undefined});
    const forget = (): void => records.remove(id);
    try {
      const process = await startServerProcess({...server, environment}, sockets.sockets, onMessage, clock);
      void process.exited.then(forget);
      records.setPid(id, process.pid, (await processIdentity(process.pid))?.startTime);
      return process;
    } catch (error) {
      forget();
      throw error;
    }
  }
  const session = createSession({
    apps,
    baggage: createBaggage(),
    limitsBy,
    isIsolated: isRoot,
    isActive: process => keeper.isActive(process),
    ready: process => keeper.ready(process),
    accepting: process => keeper.accepting(process),
    clock,
    reload: () => keeper.reload(),
    shutdown: () => void close(),
    prepare: async deployment => {
      const user = await users.ensure(deployment);
      const dataFolder = await ensureDataFolder(root, deployment, {user, service: server.user});
      return {uid: user?.uid ?? null, gid: user?.gid ?? null, dataFolder};
    },
    erase: async deployment => eraseData(dataFolderOf(root, deployment), await users.ensure(deployment)),
  });
  const keeper: ServerKeeper = createServerKeeper({
    ...options,
    start: async onMessage => {
      const process = await startRecorded(message => onMessage(process, message));
      session.welcome(process);
      return process;
    },
    onMessage: session.take,
    onActive: session.handOver,
    onGone: process => apps.leave(process),
    clock,
    say,
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
  return {sockets: sockets.sockets, reload: () => keeper.reload(), close, closed};
}
