// There is always one server process, or one on its way.
//
//   candidate -> active -> draining -> gone      it said that it is ready; another accepts; it finished
//        '-> gone                                 it exited, or its deadline passed: the active one goes on
//
// Two are there between `ready` and `accepting` of the second: it has all that runs, and the first still takes connections.
// When the second fails there, the first serves what runs, and only a third one can start something.
//
// When the active one is gone and no candidate is there, the next is started after a pause that grows with each failure.

import type {Exit} from '../../supervisor/instance.js';
import {describeExit} from '../../supervisor/instance.js';
import {within} from '../../supervisor/race.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';
import type {ServerMessage} from './protocol.js';
import type {ServerProcess} from './server-process.js';

export type ServerKeeper = {
  /**
   * Puts a new server process in the place of the active one. Joins one that is on its way. Rejects with RELOAD_FAILED
   * when it does not become ready; the active one goes on then.
   */
  reload(): Promise<{readonly pid: number}>;
  /** It says that it is ready. */
  ready(process: ServerProcess): void;
  /** It takes connections: those before it are to finish. */
  accepting(process: ServerProcess): void;
  isActive(process: ServerProcess): boolean;
  /** None is on its way. */
  readonly isSettled: boolean;
  /** Starts none from here on, until `thaw`. */
  freeze(): void;
  thaw(): void;
  /** How the keeper that follows is to go on with it; undefined: not at all. */
  stateOf(process: ServerProcess): KeptState | undefined;
  /** Has the active one finish, kills it when it takes longer than that, and starts none any more. */
  close(timeoutMs: number): Promise<void>;
};

/** `drainsWithinMs` undefined: it is the active one, since that time. */
export type KeptState = {readonly drainsWithinMs?: number | undefined; readonly servesSince: number};

export type ServerKeeperOptions = {
  /** What the keeper before has left, the active one first. */
  readonly inherited?: readonly (KeptState & {readonly process: ServerProcess})[];
  readonly start: (onMessage: (process: ServerProcess, message: ServerMessage) => void) => Promise<ServerProcess>;
  readonly onMessage: (process: ServerProcess, message: ServerMessage) => void;
  /** It is the active one now, in the place of the one before. */
  readonly onActive: (process: ServerProcess, before: ServerProcess | undefined) => Promise<void>;
  readonly onGone: (process: ServerProcess) => void;
  readonly readyTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly clock: Clock;
  readonly say: (text: string) => void;
};

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;
/** One that has served for this long has not failed to start. */
const PROVEN_AFTER_MS = 60_000;

type Candidate = {
  readonly ready: Promise<{readonly pid: number}>;
  readonly settle: (problem: TakoError | undefined) => void;
  process: ServerProcess | undefined;
};

/** Starts the first one at once. */
export function createServerKeeper(options: ServerKeeperOptions): ServerKeeper {
  const {clock, say, drainTimeoutMs, readyTimeoutMs} = options;
  let active: ServerProcess | undefined;
  let activeSince = 0;
  let candidate: Candidate | undefined;
  /** Followed by one that does not take connections yet. */
  const followed = new Set<ServerProcess>();
  /** And until when they may take. */
  const draining = new Map<ServerProcess, number>();
  let failures = 0;
  let isClosed = false;
  let isFrozen = false;
  let pause: AbortController | undefined;

  function begin(): Candidate {
    pause?.abort();
    const next = createCandidate();
    candidate = next;
    void launch(next).catch(error => fail(next, `it could not be started: ${describe(error)}`));
    return next;
  }

  async function launch(next: Candidate): Promise<void> {
    const process = await options.start(options.onMessage);
    next.process = process;
    void process.exited.then(exit => onExit(process, exit));
    if (isClosed) process.kill('SIGKILL');
    const isInTime = await within(readyTimeoutMs, clock, () => next.ready);
    if (isInTime) return;
    fail(next, `it was not ready within ${readyTimeoutMs / 1_000} s`);
    process.kill('SIGKILL');
  }

  function succeed(accepted: Candidate): void {
    candidate = undefined;
    accepted.settle(undefined);
    const before = [...followed];
    followed.clear();
    // Who asked for it is among them, and is answered first.
    setImmediate(() => {
      for (const process of before) void drain(process, drainTimeoutMs);
    });
  }

  function fail(failed: Candidate, problem: string): void {
    if (candidate !== failed) return;
    candidate = undefined;
    const details = failed.process?.lastLines() ?? [];
    say(`the new server process did not become ready: ${problem}`);
    failed.settle(new TakoError('RELOAD_FAILED', `the new server process did not become ready: ${problem}`, {details}));
    if (!active) startAgain();
  }

  function onExit(process: ServerProcess, exit: Exit): void {
    options.onGone(process);
    draining.delete(process);
    followed.delete(process);
    const wasActive = active === process;
    if (wasActive) active = undefined;
    const isUnfinished = candidate?.process === process;
    if (candidate && isUnfinished) fail(candidate, `it exited with ${describeExit(exit)}`);
    if (!wasActive || isUnfinished) return;
    if (clock.now() - activeSince >= PROVEN_AFTER_MS) failures = 0;
    if (isClosed) return;
    say(`the server process ${process.pid} exited with ${describeExit(exit)}`);
    if (!candidate) startAgain();
  }

  function startAgain(): void {
    if (isClosed || isFrozen) return;
    const afterMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
    failures++;
    const timer = new AbortController();
    pause = timer;
    clock.sleep(afterMs, timer.signal).then(
      () => begin().ready.catch(() => {}),
      () => {},
    );
  }

  async function drain(process: ServerProcess, timeoutMs: number): Promise<void> {
    draining.set(process, clock.now() + timeoutMs);
    process.send({type: 'drain', timeoutMs});
    await untilDrained(process, timeoutMs);
  }

  async function untilDrained(process: ServerProcess, timeoutMs: number): Promise<void> {
    if (await within(timeoutMs, clock, () => process.exited)) return;
    say(`the server process ${process.pid} had not finished within ${timeoutMs / 1_000} s, and is killed`);
    process.kill('SIGKILL');
    await process.exited;
  }

  const keeper: ServerKeeper = {
    reload: () => {
      if (isClosed) return Promise.reject(new TakoError('HOLDER_STOPPING', 'the server is stopping'));
      return (candidate ?? begin()).ready;
    },
    ready: process => {
      if (candidate?.process !== process || active === process) return;
      const before = active;
      if (before) followed.add(before);
      active = process;
      activeSince = clock.now();
      options.onActive(process, before).catch(error => say(`what runs could not be handed over: ${describe(error)}`));
    },
    accepting: process => {
      if (candidate?.process === process && active === process) succeed(candidate);
    },
    isActive: process => active === process,
    close: async timeoutMs => {
      isClosed = true;
      pause?.abort();
      const unfinished = candidate?.process;
      unfinished?.kill('SIGKILL');
      const serving = [...(active ? [active] : []), ...followed];
      await Promise.all(serving.map(process => drain(process, timeoutMs)));
      for (const process of draining.keys()) process.kill('SIGKILL');
      await Promise.all([unfinished?.exited, ...[...draining.keys()].map(({exited}) => exited)]);
    },
    get isSettled() {
      return candidate === undefined && followed.size === 0;
    },
    freeze: () => {
      isFrozen = true;
      pause?.abort();
    },
    thaw: () => {
      isFrozen = false;
      if (!active && !candidate) startAgain();
    },
    stateOf: process => {
      const until = draining.get(process);
      if (until === undefined && process !== active) return undefined;
      return {drainsWithinMs: until && Math.max(until - clock.now(), 0), servesSince: activeSince};
    },
  };
  for (const {process, drainsWithinMs, servesSince} of options.inherited ?? []) {
    void process.exited.then(exit => onExit(process, exit));
    if (drainsWithinMs === undefined) [active, activeSince] = [process, servesSince];
    else {
      draining.set(process, clock.now() + drainsWithinMs);
      void untilDrained(process, drainsWithinMs);
    }
  }
  if (!active) begin().ready.catch(() => {});
  return keeper;
}

function createCandidate(): Candidate {
  let settle: Candidate['settle'] = () => {};
  const candidate: Candidate = {
    process: undefined,
    ready: new Promise((resolve, reject) => {
      settle = problem => (problem ? reject(problem) : resolve({pid: candidate.process?.pid ?? 0}));
    }),
    settle: problem => settle(problem),
  };
  return candidate;
}

const describe = (error: unknown): string => (error instanceof Error ? error.message : String(error));
