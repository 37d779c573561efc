// One app: at most one process that serves it, and beside that at most one other, which is about to follow it or has
// been followed and finishes its requests.
//
// Whoever asks for the app while something is under way waits in one line: for a start, for the restart that replaces
// that start, for the start after a crash. The line moves on only when one of them is ready or fails, or at a stop.

import type {AppProcess} from './app-process.js';
import {type Attempt, type AttemptHooks, type AttemptWorld, beginAttempt, type Upstream} from './attempt.js';
import {decideRetry, recentCrashes} from './crash-policy.js';
import {createDeferred, type Deferred} from './deferred.js';
import {type Exit, type Instance, type InstanceEvent, STOPPED, transition} from './instance.js';
import type {LaunchSpec} from './launch-spec.js';
import {StartError} from './start-error.js';

export type SupervisedApp = {
  instance(): Instance;
  /** How the last process that had been ready ended by itself. */
  lastCrash(): Exit | undefined;
  /** Where a request may go at once; undefined while it would have to wait. */
  serving(): Upstream | undefined;
  /**
   * Where the app listens. Joins what is under way, or begins a start if nothing is and nothing serves. Resolves with
   * the old instance when a new one that was to follow it failed.
   */
  start(spec: LaunchSpec): Promise<Upstream>;
  /** As `start`, with a process that is there already. To be called while nothing of the app is. */
  adopt(spec: LaunchSpec, process: () => AppProcess): Promise<Upstream>;
  /** Has a new instance follow what there is; who waits for that waits for this one then. Rejects if it fails. */
  restart(spec: LaunchSpec, because?: string): Promise<Upstream>;
  /** Resolves when nothing of the app runs any more. */
  stop(because?: string): Promise<void>;
  /** Neither serving nor about to. */
  isIdle(): boolean;
};

export type SupervisedAppHooks = {
  /** Each transition, as it happens. */
  readonly onChange: (instance: Instance) => void;
  /** What was starting does not become ready, and nothing else is starting in its place; told before those are who wait. */
  readonly onFailed: (error: unknown) => void;
};

export function createSupervisedApp(world: AttemptWorld, {onChange, onFailed}: SupervisedAppHooks): SupervisedApp {
  let instance = STOPPED;
  let serving: Attempt | undefined;
  /** What is starting. It is not begun before others have gone. */
  let pending: Attempt | undefined;
  /** Cancels the start after a crash. */
  let retry: AbortController | undefined;
  /** There for as long as something is pending or to be retried. */
  let line: Deferred<Upstream> | undefined;
  /** The newest that anyone asked for: what is started after a crash. */
  let wanted: LaunchSpec | undefined;
  let crashTimes: readonly number[] = [];
  let lastCrash: Exit | undefined;
  /** All that have not gone yet. */
  const attempts = new Set<Attempt>();

  const dispatch = (event: InstanceEvent): void => {
    const next = transition(instance, event);
    if (next === instance) return;
    instance = next;
    onChange(instance);
  };

  /** At most `beside` runs when the new process is spawned. */
  const begin = (spec: LaunchSpec, beside?: Attempt, launch = world.launch): Attempt => {
    const others = [...attempts].filter(attempt => attempt !== beside);
    const previous = Promise.all(others.map(({gone}) => gone));
    const attempt = beginAttempt(spec, previous, {...world, launch}, hooks);
    attempts.add(attempt);
    return attempt;
  };

  const openLine = (): Deferred<Upstream> => {
    line ??= createDeferred();
    return line;
  };
  const closeLine = (): Deferred<Upstream> | undefined => {
    const closed = line;
    line = undefined;
    return closed;
  };
  const giveUp = ({pid}: Attempt): void => {
    if (pid !== undefined) dispatch({type: 'given-up', pid});
  };
  const cancelRetry = (): void => {
    retry?.abort();
    retry = undefined;
  };

  const hooks: AttemptHooks = {
    onSpawned: (attempt, {pid, startedAt}) => {
      dispatch({type: 'spawned', pid, at: startedAt});
      // It was cancelled while it was being spawned.
      if (attempt !== pending) giveUp(attempt);
    },
    onListening: (attempt, endpoint) => {
      if (attempt === pending) takeOver(attempt);
      if (attempt === serving && attempt.pid !== undefined) dispatch({type: 'listening', pid: attempt.pid, endpoint});
    },
    onFailed: (attempt, error, exit) => {
      if (attempt !== pending && attempt !== serving) return;
      if (attempt === pending) pending = undefined;
      else serving = undefined;
      const waiting = pending ? undefined : closeLine();
      if (serving) world.say(`the new one did not start, so pid ${serving.pid} goes on serving`, 'warning');
      const {pid} = attempt;
      const crashes = recentCrashes(crashTimes, world.clock.now()).length;
      if (pid === undefined) dispatch({type: 'not-spawned'});
      else dispatch(exit ? {type: 'exited', pid, exit, crashes} : {type: 'given-up', pid});
      if (!pending) onFailed(error);
      waiting?.reject(error);
    },
    onExited: (attempt, exit) => {
      if (attempt !== serving || attempt.pid === undefined) return '';
      serving = undefined;
      lastCrash = exit;
      return afterCrash(attempt.pid, exit);
    },
    onGone: attempt => {
      attempts.delete(attempt);
      if ([...attempts].every(({pid}) => pid === undefined)) dispatch({type: 'gone'});
    },
  };

  function takeOver(attempt: Attempt): void {
    const old = serving;
    serving = attempt;
    pending = undefined;
    old?.retire();
    if (old) world.say(`pid ${attempt.pid} serves now; pid ${old.pid} finishes its requests and stops`);
    if (attempt.upstream) closeLine()?.resolve(attempt.upstream);
  }

  /** What to say of it. */
  function afterCrash(pid: number, exit: Exit): string {
    const now = world.clock.now();
    crashTimes = [...recentCrashes(crashTimes, now), now];
    const decision = decideRetry(crashTimes, now);
    const {crashes} = decision;
    if (pending) {
      dispatch({type: 'exited', pid, exit, crashes});
      return '; a new one is on its way already';
    }
    if (decision.action === 'give-up') {
      dispatch({type: 'exited', pid, exit, crashes});
      return `, the ${crashes}th crash within a minute: not started again until it is asked for or changed`;
    }
    scheduleRetry(decision.afterMs);
    dispatch({type: 'crashed', pid, exit, crashes, retryAt: now + decision.afterMs});
    return `: it crashed, and starts again in ${decision.afterMs} ms`;
  }

  function scheduleRetry(afterMs: number): void {
    openLine();
    const timer = new AbortController();
    const start = (): void => {
      if (retry !== timer || !wanted) return;
      retry = undefined;
      pending = begin(wanted);
    };
    retry = timer;
    world.clock.sleep(afterMs, timer.signal).then(start, () => {});
  }

  /** Begins what follows, and has what it follows make room where the two cannot be there at once. */
  function follow(spec: LaunchSpec): void {
    const replaced = pending;
    const beside = serving && canRunBeside(serving, spec) ? serving : undefined;
    const inTheWay = beside ? undefined : serving;
    serving = beside;
    pending = begin(spec, beside);
    replaced?.stop();
    inTheWay?.retire();
    if (inTheWay) world.say(`pid ${inTheWay.pid} stops first, ${whyFirst(spec)}`);
    if (inTheWay) dispatch({type: 'drain'});
    else if (replaced) giveUp(replaced);
  }

  return {
    instance: () => instance,
    lastCrash: () => lastCrash,
    serving: () => (instance.state === 'ready' ? serving?.upstream : undefined),
    start: spec => {
      wanted = spec;
      if (!line && serving?.upstream) return Promise.resolve(serving.upstream);
      const joined = openLine();
      if (!pending && !retry) pending = begin(spec);
      return joined.promise.catch(error => serving?.upstream ?? Promise.reject(error));
    },
    adopt: (spec, process) => {
      if (attempts.size > 0 || !isIdle()) throw new Error(`${spec.app} is there already, and adopts no process`);
      wanted = spec;
      pending = begin(spec, undefined, async () => process());
      return openLine().promise;
    },
    restart: (spec, because) => {
      wanted = spec;
      crashTimes = [];
      cancelRetry();
      if (!isIdle()) world.say(because === undefined ? 'restarting' : `restarting, because ${because}`);
      const joined = openLine();
      follow(spec);
      return joined.promise;
    },
    stop: because => {
      if (serving && because !== undefined) world.say(`stopping, because ${because}`);
      pending = undefined;
      serving = undefined;
      crashTimes = [];
      cancelRetry();
      for (const attempt of attempts) attempt.stop();
      if (wanted) closeLine()?.reject(new StartError(wanted, {outcome: 'cancelled'}));
      const gone = Promise.all([...attempts].map(attempt => attempt.gone)).then(() => {});
      dispatch({type: 'drain'});
      return gone;
    },
    isIdle,
  };

  function isIdle(): boolean {
    return !serving && !line;
  }
}

/** Two that want the same port cannot be there at once. */
const canRunBeside = (old: Attempt, spec: LaunchSpec): boolean =>
  spec.restart === 'start-first' && spec.port === undefined && old.isPortItsOwn;

const whyFirst = ({restart}: LaunchSpec): string =>
  restart === 'stop-first' ? 'as it is set to' : 'as the new one will want the same port';
