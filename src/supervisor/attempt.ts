// One try to run an app: from before its process exists until nothing of it is left.
//
//   spawn -> wait for readiness -> ready -> stopped, or exits by itself -> end the group
//                 |-> exits, deadline, bad line, stopped: failed ->|
//
// Waiters are answered as soon as it is decided; what is left of the group is ended behind
// them, and the next attempt waits for that.

import {TakoError} from '../system/error.js';
import {renderCommand} from '../system/exec.js';
import {type AppProcess, launch, type ProcessWorld} from './app-process.js';
import {describeExit, type InstanceEvent} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';
import type {GroupEnd} from './process-group.js';
import {aborted} from './race.js';
import {awaitReadiness, type Readiness} from './readiness.js';
import {LOOPBACK} from './spawn.js';
import {StartError} from './start-error.js';

/** Where a ready app listens. */
export type Upstream = {readonly host: string; readonly port: number; readonly pid: number};

export type Attempt = {
  /** Rejects, with a StartError unless it is a bug, when the app did not become ready. */
  readonly ready: Promise<Upstream>;
  /** Nothing is left: no process of the group, no pipe, no record. */
  readonly gone: Promise<void>;
  /** Cancels the start or stops the app. Twice is once. */
  stop(): void;
  /** Stops, and leaves those who still wait to another attempt. */
  replaceBy(ready: Promise<Upstream>): void;
};

export type AttemptWorld = ProcessWorld & {
  readonly dispatch: (event: InstanceEvent) => void;
  /** Until then something of the app's last attempt may run. */
  readonly previous: Promise<void>;
  /** Called before anyone else learns that there is nothing to wait for any more. */
  readonly onOver: () => void;
};

export function beginAttempt(spec: LaunchSpec, world: AttemptWorld): Attempt {
  const stopping = new AbortController();
  let gone = Promise.resolve();
  let replaceBy: Attempt['replaceBy'] = () => {};
  const ready = new Promise<Upstream>((resolve, reject) => {
    gone = live({...world, spec, stopping: stopping.signal, resolve, reject});
    replaceBy = next => {
      resolve(next);
      stopping.abort();
    };
  });
  // Everyone who waited may have left by the time it fails.
  ready.catch(() => {});
  return {ready, gone, stop: () => stopping.abort(), replaceBy};
}

type Life = AttemptWorld & {
  readonly spec: LaunchSpec;
  readonly stopping: AbortSignal;
  readonly resolve: (upstream: Upstream) => void;
  readonly reject: (error: unknown) => void;
};

/** Why a process is not, or no longer, ready. */
type Ending = Exclude<Readiness, {outcome: 'ready'}>;

async function live(life: Life): Promise<void> {
  const child = await start(life).catch(error => failWithoutProcess(life, error));
  if (!child) return;
  try {
    await attend(life, child);
  } catch (error) {
    abandon(life, child, error);
  }
}

/** From the spawn until nothing is left. */
async function attend(life: Life, child: AppProcess): Promise<void> {
  const [file = '', ...args] = life.spec.command;
  child.say(`started pid ${child.pid}: ${renderCommand({file, args}, false)}`);
  life.dispatch({type: 'spawned', pid: child.pid, at: child.startedAt});
  const readiness = await untilReady(life, child);
  const ending = readiness.outcome === 'ready' ? await serve(life, child, readiness.port) : readiness;
  life.onOver();
  await reportEnding(life, child, ending);
  if (readiness.outcome !== 'ready') fail(life, child, readiness);
  const groupEnd = await child.end();
  if (ending.outcome !== 'exited') reportStop(life, child, groupEnd);
}

async function start(life: Life): Promise<AppProcess> {
  await life.previous;
  if (life.stopping.aborted) throw new StartError(life.spec, {outcome: 'cancelled'});
  return launch(life.spec, life);
}

function failWithoutProcess(life: Life, error: unknown): void {
  life.onOver();
  if (error instanceof TakoError) life.logs.append('tako', error.message);
  life.reject(error);
}

/** A fault of our own, or of a system that is out of descriptors: it must not reach beyond this app. */
function abandon(life: Life, child: AppProcess, error: unknown): void {
  life.onOver();
  life.reject(error);
  child.say(`given up: ${error instanceof Error ? error.message : error}`);
  try {
    child.abandon();
  } catch (failure) {
    child.say(`pid ${child.pid} may still run: ${failure instanceof Error ? failure.message : failure}`);
  }
  life.dispatch({type: 'drain'});
  life.dispatch({type: 'stopped'});
}

function untilReady({spec, clock, stopping}: Life, {readiness, exited}: AppProcess): Promise<Readiness> {
  return awaitReadiness({pipe: readiness, exited, timeoutMs: spec.readyTimeoutMs, signal: stopping}, clock);
}

/** From ready until the process is to stop or has exited. */
async function serve(life: Life, child: AppProcess, port: number): Promise<Ending> {
  child.say(`ready on port ${port} after ${life.clock.now() - child.startedAt} ms`);
  life.dispatch({type: 'ready', port});
  life.resolve({host: LOOPBACK, port, pid: child.pid});
  const over = new AbortController();
  try {
    return await Promise.race([
      child.exited.then((exit): Ending => ({outcome: 'exited', exit})),
      aborted(life.stopping, over.signal).then((): Ending => ({outcome: 'cancelled'})),
    ]);
  } finally {
    over.abort();
  }
}

async function reportEnding(life: Life, child: AppProcess, ending: Ending): Promise<void> {
  if (ending.outcome !== 'exited') return life.dispatch({type: 'drain'});
  await child.untilOutputRead();
  child.say(`exited with ${describeExit(ending.exit)}`);
  life.dispatch({type: 'exited', exit: ending.exit});
}

function fail(life: Life, child: AppProcess, ending: Ending): void {
  const error = new StartError(life.spec, ending, child.lastLines());
  if (ending.outcome !== 'exited') child.say(error.message);
  life.reject(error);
}

function reportStop(life: Life, child: AppProcess, groupEnd: GroupEnd): void {
  child.say(describeStop(groupEnd, life.spec.graceMs));
  life.dispatch({type: 'stopped'});
}

function describeStop(groupEnd: GroupEnd, graceMs: number): string {
  switch (groupEnd) {
    case 'ended':
      return 'stopped';
    case 'killed':
      return `killed, as it had not stopped within ${graceMs / 1_000} s`;
    case 'refused':
      return 'left running, as it belongs to another user';
    case 'stuck':
      return 'left running, as the system does not end it';
  }
}
