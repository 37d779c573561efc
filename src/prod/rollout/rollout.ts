// How a release comes to serve:
//
//   prepare -> release command -> start -> health -> switch -> drain -> finalize
//
// Up to the switch nothing that serves is touched, and whatever fails ends what the rollout has started. The switch is one
// step in time: routes, assets and instances of the new release count from one moment on. What fails after it does not
// take it back.

import type {JobStep} from '../../control/server-methods.js';
import type {Probe} from '../../proxy/load-balancing/probe.js';
import type {Upstream} from '../../proxy/upstream.js';
import {describeExit} from '../../supervisor/instance.js';
import {unlessAborted} from '../../supervisor/race.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import type {Assets} from '../server/assets.js';
import type {InstanceSet} from '../server/instance-set.js';
import {isRunnable, type LoadedRelease, type RunnableRelease} from '../server/loaded-release.js';
import {awaitHealthy, createProbe, probeOnce} from './health.js';

/** A release whose files are in place, and what is to be of it. */
export type Candidate<R extends LoadedRelease = LoadedRelease> = {
  readonly release: R;
  /** What the gateway itself answers with of it. */
  readonly assets: Assets;
  /** Kept running from the switch on; 0: one is started, and stops when it is idle. */
  readonly scale: number;
};

/** One deployment while a rollout of it is under way. */
export type RolloutTarget = {
  /** What serves until the switch. */
  readonly current: InstanceSet | undefined;
  readonly token: string;
  createSet(release: RunnableRelease): InstanceSet | Promise<InstanceSet>;
  /** Requests wait from now on for the function that comes back to be called: nothing serves meanwhile. */
  openGap(): () => void;
  /** Makes the release the one that serves, on disk and here, in one step. */
  switchTo(candidate: Candidate, set: InstanceSet | undefined): void;
};

export type RolloutWorld = {
  readonly clock: Clock;
  /** Puts the release's files in place. */
  prepare(): Promise<Candidate>;
  /** Runs the release command; rejects when it fails. Undefined: it is not run, as in a rollback. */
  readonly runReleaseCommand: ((release: LoadedRelease, signal: AbortSignal) => Promise<void>) | undefined;
  /** Forgets what is not needed any more. */
  finalize(release: LoadedRelease): Promise<void>;
  /** Notes the step before its work begins, and what came of it. Rejects with what the work rejects with. */
  step<T>(step: JobStep, work: () => Promise<T>): Promise<T>;
  /** Aborted: what has not been switched to is given up. */
  readonly signal: AbortSignal;
};

/** Rejects with what kept the release from serving; the one before goes on then. */
export async function rollOut(target: RolloutTarget, world: RolloutWorld): Promise<LoadedRelease> {
  const candidate = await world.step('prepare', world.prepare);
  const {release} = candidate;
  const {runReleaseCommand} = world;
  if (runReleaseCommand && release.manifest.releaseCommand !== null) {
    await world.step('release-command', () => runReleaseCommand(release, world.signal));
  }
  world.signal.throwIfAborted();
  if (isRunnable(release)) await bringUp({...candidate, release}, target, world);
  else await world.step('switch', async () => target.switchTo(candidate, undefined));
  await world.step('drain', async () => target.current?.shrink(0));
  await world.step('finalize', () => world.finalize(release));
  return release;
}

/** Starts, proves and switches to the instances of the release, or ends them all. */
async function bringUp(
  candidate: Candidate<RunnableRelease>,
  target: RolloutTarget,
  world: RolloutWorld,
): Promise<void> {
  const {release} = candidate;
  const kept = Math.max(candidate.scale, 1);
  const set = await target.createSet(release);
  const closeGap = mustStopFirst(release, target) ? target.openGap() : undefined;
  try {
    if (closeGap) await target.current?.shrink(0);
    const upstreams = await world.step('start', () => unlessAborted(set.grow(kept), world.signal));
    await world.step('health', () => prove(set, upstreams, target, world));
    await world.step('switch', async () => target.switchTo(candidate, set));
  } catch (error) {
    await set.shrink(0);
    if (closeGap) await target.current?.grow(kept).catch(() => undefined);
    throw error;
  } finally {
    closeGap?.();
  }
}

/** Two that want the same port cannot be there at once. */
function mustStopFirst({manifest}: RunnableRelease, {current}: RolloutTarget): boolean {
  const {port} = manifest.process;
  return port !== null && current?.release.manifest.process.port === port;
}

/** Healthy, still there after the stability window, and healthy then. */
async function prove(
  set: InstanceSet,
  upstreams: readonly Upstream[],
  {token}: RolloutTarget,
  {clock, signal}: RolloutWorld,
): Promise<void> {
  const {manifest} = set.release;
  const {health, healthTimings, stabilityMs} = manifest.process;
  const probe = createProbe({check: health, host: hostOf(manifest.routes[0] ?? ''), app: manifest.app, token});
  // One that has ended need not be asked until the time is over.
  const ask: Probe = async (upstream, ...rest) => {
    if (!set.ready().includes(upstream)) throw unstable(set, 'before it was healthy');
    return probe(upstream, ...rest);
  };
  const become = async (upstream: Upstream): Promise<void> => {
    const problem = await awaitHealthy(upstream, healthTimings, {probe: ask, clock, signal});
    if (problem !== undefined) throw unhealthy(set, upstream, within(healthTimings.windowMs), problem);
  };
  const stay = async (upstream: Upstream): Promise<void> => {
    const result = await probeOnce(probe, upstream, healthTimings.timeoutMs, signal);
    if (!result.ok) throw unhealthy(set, upstream, `again after ${inSeconds(stabilityMs)}`, result.problem);
  };
  await Promise.all(upstreams.map(become));
  await watchStability(set, upstreams, {clock, signal, stabilityMs});
  await Promise.all(upstreams.map(stay));
}

/** Between two looks whether all are still there. */
const LOOK_MS = 100;

async function watchStability(
  set: InstanceSet,
  upstreams: readonly Upstream[],
  {clock, signal, stabilityMs}: {readonly clock: Clock; readonly signal: AbortSignal; readonly stabilityMs: number},
): Promise<void> {
  for (const end = clock.now() + stabilityMs; clock.now() < end; ) {
    await clock.sleep(Math.min(LOOK_MS, stabilityMs), signal);
    const ready = set.ready();
    if (!upstreams.every(upstream => ready.includes(upstream))) throw unstable(set, within(stabilityMs));
  }
}

const hostOf = (route: string): string => route.split('/', 1)[0]?.replace(/^\*\./, 'health.') ?? '';

const inSeconds = (durationMs: number): string => `${durationMs / 1_000} s`;
const within = (durationMs: number): string => `within ${inSeconds(durationMs)}`;

function unhealthy({release}: InstanceSet, {port}: Upstream, when: string, problem: string): TakoError {
  const {health} = release.manifest.process;
  const question =
    health.type === 'http' ? `GET ${health.path}` : health.type === 'tcp' ? 'a connection' : 'GET /status';
  return new TakoError(
    'RELEASE_UNHEALTHY',
    `release ${release.id} listens on port ${port}, but its health check (${question}) did not succeed ${when}: ${problem}`,
    {hint: 'the release before goes on serving; tako.toml says by "health" what is asked, and for how long'},
  );
}

/** With how it ended, where that is known. */
function unstable(set: InstanceSet, when: string): TakoError {
  const crash = set.crash();
  const how = crash ? ` with ${describeExit(crash.exit)}` : '';
  return new TakoError(
    'RELEASE_UNSTABLE',
    `release ${set.release.id} was ready, and a process of it ended ${when}${how}`,
    {
      hint: 'the release before goes on serving; "tako logs" shows all that the process said',
      details: crash?.lines ?? [],
    },
  );
}
