// One try to run an app: from before its process exists until nothing of it is left.
//
//   spawn -> wait for readiness -> ready -> stopped, or exits by itself -> end the group
//                 |-> exits, deadline, bad line, stopped: failed ->|
//
// What happens is told to the hooks as soon as it is decided; what is left of the group is ended behind that.

import type {Clock} from '../system/clock.js';
import {TakoError} from '../system/error.js';
import {renderCommand} from '../system/exec.js';
import type {AppProcess} from './app-process.js';
import type {Endpoint} from './endpoint.js';
import {describeExit, type Exit, type RunningProcess} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';
import type {LogLevel} from './log-level.js';
import type {GroupEnd} from './process-group.js';
import {aborted, within} from './race.js';
import type {Readiness} from './readiness.js';
import {type explainStart, StartError} from './start-error.js';

/** Where a ready instance listens. The same object for as long as it is the same place of the same instance. */
export type Upstream = {
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  readonly isTls: boolean;
};

export type Attempt = {
  readonly spec: LaunchSpec;
  /** Of its process, once there is one. */
  readonly pid: number | undefined;
  /** Once it is ready; it changes when the app listens elsewhere. */
  readonly upstream: Upstream | undefined;
  /** Whether the port it listens on is one that another instance would not want. */
  readonly isPortItsOwn: boolean;
  /** Nothing is left: no process of the group, no pipe, no record. Never rejects. */
  readonly gone: Promise<void>;
  /** Cancels the start or stops the app. Twice is once. */
  stop(): void;
  /** Stops the app when its requests in flight are done, or its grace period is over. */
  retire(): void;
};

/** What is told of an attempt, at most once each but for `onListening`. A hook that throws ends the attempt. */
export type AttemptHooks = {
  onSpawned(attempt: Attempt, process: RunningProcess): void;
  /** It is ready; or, ready already, it listens elsewhere. */
  onListening(attempt: Attempt, endpoint: Endpoint): void;
  /** It does not become ready, or a fault ended it. `error` is a StartError unless it is a bug. */
  onFailed(attempt: Attempt, error: unknown, exit: Exit | undefined): void;
  /** It was ready and ended by itself. What comes back is said of it in the log. */
  onExited(attempt: Attempt, exit: Exit): string;
  onGone(attempt: Attempt): void;
};

export type AttemptWorld = {
  readonly clock: Clock;
  /** Starts the process; throws a StartError when there is none, and leaves nothing behind then. */
  readonly launch: (spec: LaunchSpec) => Promise<AppProcess>;
  /** Finds out why a process does not become ready. */
  readonly explain: typeof explainStart;
  /** Resolves when nothing of that upstream is in flight any more. */
  readonly drain: (upstream: Upstream, graceMs: number) => Promise<void>;
  /** Adds a line of tako's own to the app's log. */
  readonly say: (text: string, level?: LogLevel) => void;
};

/** Begins as soon as `previous` has resolved: until then too many processes of the app may run. */
export function beginAttempt(
  spec: LaunchSpec,
  previous: Promise<unknown>,
  world: AttemptWorld,
  hooks: AttemptHooks,
): Attempt {
  const stopping = new AbortController();
  const facts: Facts = {child: undefined, upstream: undefined, upstreams: new Map()};
  const attempt: Attempt = {
    spec,
    get pid() {
      return facts.child?.pid;
    },
    get upstream() {
      return facts.upstream;
    },
    get isPortItsOwn() {
      return facts.child !== undefined && isPortItsOwn(spec, facts.child, facts.upstream);
    },
    get gone() {
      return gone;
    },
    stop: () => stopping.abort(),
    retire: () => void finishRequests(life).then(() => stopping.abort()),
  };
  const life: Life = {...world, spec, previous, hooks, stopping, facts, attempt};
  const gone = live(life);
  return attempt;
}

type Facts = {
  child: AppProcess | undefined;
  upstream: Upstream | undefined;
  /** Every place it has listened on. */
  readonly upstreams: Map<string, Upstream>;
};

type Life = AttemptWorld & {
  readonly spec: LaunchSpec;
  readonly previous: Promise<unknown>;
  readonly hooks: AttemptHooks;
  readonly stopping: AbortController;
  readonly facts: Facts;
  readonly attempt: Attempt;
};

/** Why a process is not, or no longer, ready. */
type Ending = Exclude<Readiness, {outcome: 'ready'}>;

async function live(life: Life): Promise<void> {
  const child = await start(life).catch(error => failWithoutProcess(life, error));
  if (child) await attend(life, child).catch(error => abandon(life, child, error));
  // Whoever waits for its requests in flight need not any more.
  life.stopping.abort();
  life.facts.child = undefined;
  try {
    life.hooks.onGone(life.attempt);
  } catch (error) {
    life.say(`given up: ${describe(error)}`, 'error');
  }
}

/** From the spawn until nothing is left. */
async function attend(life: Life, child: AppProcess): Promise<void> {
  life.facts.child = child;
  child.say(describeStart(life.spec, child));
  life.hooks.onSpawned(life.attempt, {pid: child.pid, startedAt: child.startedAt});
  const readiness = await child.awaitReadiness(life.stopping.signal);
  const ending = readiness.outcome === 'ready' ? await serve(life, child, readiness.endpoint) : readiness;
  if (readiness.outcome !== 'ready') await fail(life, child, readiness);
  else if (ending.outcome === 'exited') await reportExit(life, child, ending.exit);
  const groupEnd = await child.end();
  if (ending.outcome !== 'exited') child.say(`pid ${child.pid} ${describeStop(groupEnd, life.spec.graceMs)}`);
}

function describeStart({command: [file = '', ...args]}: LaunchSpec, {pid, isAdopted}: AppProcess): string {
  return isAdopted
    ? `pid ${pid} was there already, and goes on`
    : `pid ${pid} started: ${renderCommand({file, args}, false)}`;
}

async function start(life: Life): Promise<AppProcess> {
  await life.previous;
  if (life.stopping.signal.aborted) throw new StartError(life.spec, {outcome: 'cancelled'});
  return life.launch(life.spec);
}

function failWithoutProcess(life: Life, error: unknown): void {
  if (error instanceof TakoError && !life.stopping.signal.aborted) life.say(error.message, 'error');
  life.hooks.onFailed(life.attempt, error, undefined);
}

/** A fault of our own, or of a system that is out of descriptors: it must not reach beyond this app. */
function abandon(life: Life, child: AppProcess, error: unknown): void {
  child.say(`pid ${child.pid} is given up: ${describe(error)}`, 'error');
  try {
    child.abandon();
  } catch (failure) {
    child.say(`pid ${child.pid} may still run: ${describe(failure)}`, 'error');
  }
  try {
    life.hooks.onFailed(life.attempt, error, undefined);
  } catch (failure) {
    child.say(`pid ${child.pid} is given up: ${describe(failure)}`, 'error');
  }
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** From ready until the process is to stop or has exited. */
async function serve(life: Life, child: AppProcess, endpoint: Endpoint): Promise<Ending> {
  const elapsed = child.isAdopted ? '' : ` after ${life.clock.now() - child.startedAt} ms`;
  child.say(`pid ${child.pid} is ready on port ${endpoint.port}${elapsed}`);
  listenOn(life, child, endpoint);
  const over = new AbortController();
  try {
    return await Promise.race([
      child.exited.then((exit): Ending => ({outcome: 'exited', exit})),
      aborted(life.stopping.signal, over.signal).then((): Ending => ({outcome: 'cancelled'})),
      followRebinds(life, child),
    ]);
  } finally {
    over.abort();
  }
}

function listenOn({facts, hooks, attempt}: Life, child: AppProcess, endpoint: Endpoint): void {
  const {pid} = child;
  const {host, port, isTls} = endpoint;
  const key = JSON.stringify([host, port, isTls]);
  const upstream = facts.upstreams.get(key) ?? {host, port, pid, isTls};
  facts.upstreams.set(key, upstream);
  facts.upstream = upstream;
  child.listensOn(endpoint);
  hooks.onListening(attempt, endpoint);
}

/** Rejects when a hook fails, and never resolves. */
function followRebinds(life: Life, child: AppProcess): Promise<never> {
  return new Promise((_resolve, reject) => {
    child.onRebind(endpoint => {
      try {
        if (life.stopping.signal.aborted) return;
        const isSame = life.facts.upstream?.port === endpoint.port;
        child.say(`pid ${child.pid} listens on port ${endpoint.port} ${isSame ? 'again' : 'now'}`);
        listenOn(life, child, endpoint);
      } catch (error) {
        reject(error);
      }
    });
  });
}

function isPortItsOwn(spec: LaunchSpec, child: AppProcess, upstream: Upstream | undefined): boolean {
  if (spec.port !== undefined) return false;
  // An app that speaks the contract was told to let the system choose.
  return spec.ready === 'fd' || upstream?.port === child.reservedPort;
}

/** Resolves when no request of it is in flight any more, its grace period is over, or it is to stop at once. */
async function finishRequests({facts, spec, clock, drain, stopping, say}: Life): Promise<void> {
  const {upstream} = facts;
  if (!upstream) return;
  const finished = async (over: AbortSignal): Promise<void> =>
    Promise.race([drain(upstream, spec.graceMs), aborted(stopping.signal, over)]);
  try {
    const isDone = await within(spec.graceMs, clock, finished);
    if (!isDone) say(`pid ${upstream.pid} still has requests in flight after ${spec.graceMs / 1_000} s, and stops now`);
  } catch (error) {
    say(`the requests in flight of pid ${upstream.pid} cannot be waited for: ${describe(error)}`);
  }
}

async function fail(life: Life, child: AppProcess, ending: Ending): Promise<void> {
  if (ending.outcome === 'exited') await child.untilOutputRead();
  const {spec, explain} = life;
  // That it was stopped needs nothing to be found out, and whoever stopped it waits for nothing.
  const isStopped = ending.outcome === 'cancelled';
  const error = isStopped ? new StartError(spec, ending) : await explain(spec, ending, child.lastLines());
  child.say(`pid ${child.pid}: ${error.message}`, isStopped ? 'info' : 'error');
  life.hooks.onFailed(life.attempt, error, ending.outcome === 'exited' ? ending.exit : undefined);
}

/** What follows is decided at once; it is said where it belongs, behind the app's last words. */
async function reportExit(life: Life, child: AppProcess, exit: Exit): Promise<void> {
  const consequence = life.hooks.onExited(life.attempt, exit);
  await child.untilOutputRead();
  child.say(`pid ${child.pid} exited with ${describeExit(exit)}${consequence}`, exit.code === 0 ? 'warning' : 'error');
}

function describeStop(groupEnd: GroupEnd, graceMs: number): string {
  switch (groupEnd) {
    case 'ended':
      return 'stopped';
    case 'killed':
      return `was killed, as it had not stopped within ${graceMs / 1_000} s`;
    case 'refused':
      return 'is left running, as it belongs to another user';
    case 'stuck':
      return 'is left running, as the system does not end it';
  }
}
