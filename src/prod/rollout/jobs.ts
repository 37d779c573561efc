// Rollouts under way: at most one per deployment, each going on whether or not somebody looks. What happens in one is
// written down as it happens, so that who comes back, or a server that starts anew, knows where it was.

import {toProblem} from '../../control/protocol.js';
import type {DeploymentName, JobEvent, JobResult, JobStep, JobSummary} from '../../control/server-methods.js';
import type {Clock} from '../../system/clock.js';
import {errorCode, TakoError} from '../../system/error.js';
import type {Jobs as JobJournal, NewJob, NewJobEvent} from '../state/jobs.js';

export type JobRequest = Omit<NewJob, 'startedAt' | 'owner'>;

/** What a job does; resolves with the release that serves then. */
export type JobWork = (job: RunningJob) => Promise<{readonly id: string}>;

/** What a job's work gets. */
export type RunningJob = {
  readonly summary: JobSummary;
  readonly signal: AbortSignal;
  /** Notes the step before its work begins, and that it was done. */
  step<T>(step: JobStep, work: () => Promise<T>): Promise<T>;
  /** A line of the step that is under way. */
  output(text: string): void;
};

export type Jobs = {
  /** Begins. Throws DEPLOY_UNDER_WAY when the deployment has one already, and SERVER_ENDING. */
  start(request: JobRequest, work: JobWork): JobSummary;
  /** Of the deployment, while it is under way. */
  running(deployment: DeploymentName): JobSummary | undefined;
  /** Calls the listener with each event after `after`; resolves with the result. Throws NO_SUCH_JOB. */
  follow(job: string, after: number, onEvent: (event: JobEvent) => void, signal: AbortSignal): Promise<JobResult>;
  /** Gives it up where it has not switched yet. */
  cancel(job: string): void;
  /** None begins until the function that comes back is called. Throws DEPLOY_UNDER_WAY while there is one. */
  hold(): () => void;
};

export type JobsOptions = {
  readonly journal: Pick<JobJournal, 'start' | 'append' | 'events' | 'find' | 'finish'>;
  /** This server process, as the journal names it. */
  readonly owner: string;
  readonly clock: Clock;
};

type Entry = {
  readonly summary: JobSummary;
  readonly abort: AbortController;
  readonly listeners: Set<(event: JobEvent) => void>;
  readonly result: PromiseWithResolvers<JobResult>;
};

export function createJobs({journal, owner, clock}: JobsOptions): Jobs {
  const running = new Map<string, Entry>();
  let isHeld = false;
  /** What could not be written down yet, as the disk was full. The journal takes those jobs for running ones. */
  const unwritten = new Map<string, JobResult>();

  function writeResults(): void {
    for (const [id, result] of unwritten) {
      journal.finish(id, result);
      unwritten.delete(id);
    }
  }
  function tryWriteResults(): void {
    try {
      writeResults();
    } catch (error) {
      if (errorCode(error) !== 'DISK_FULL') throw error;
    }
  }

  async function run(entry: Entry, work: JobWork): Promise<JobResult> {
    const recorder = createRecorder(entry, journal, clock);
    const {summary, abort} = entry;
    const result = await work({...recorder, summary, signal: abort.signal}).then(
      ({id}): JobResult => ({outcome: 'succeeded', release: id}),
      (error): JobResult => ({outcome: 'failed', step: recorder.current(), problem: toProblem(error)}),
    );
    unwritten.set(summary.id, result);
    running.delete(summary.id);
    tryWriteResults();
    return result;
  }

  return {
    start(request, work) {
      if (isHeld) throw serverEnding();
      writeResults();
      const summary = toSummary(journal.start({...request, owner, startedAt: clock.now()}));
      const entry: Entry = {
        summary,
        abort: new AbortController(),
        listeners: new Set(),
        result: Promise.withResolvers(),
      };
      running.set(summary.id, entry);
      // Not before the caller has its summary.
      queueMicrotask(() => run(entry, work).then(entry.result.resolve, entry.result.reject));
      return summary;
    },
    running(deployment) {
      tryWriteResults();
      return [...running.values()].find(({summary}) => isSame(summary.deployment, deployment))?.summary;
    },
    async follow(id, after, onEvent, signal) {
      const entry = running.get(id);
      for (const event of journal.events(id, after)) onEvent(event);
      if (!entry) return unwritten.get(id) ?? journal.find(id)?.result ?? Promise.reject(noSuchJob(id));
      entry.listeners.add(onEvent);
      const leave = (): void => void entry.listeners.delete(onEvent);
      signal.addEventListener('abort', leave, {once: true});
      return entry.result.promise.finally(leave);
    },
    cancel: id => running.get(id)?.abort.abort(new TakoError('DEPLOY_CANCELLED', 'the deploy was cancelled')),
    hold() {
      const [first] = running.values();
      if (first) throw underWay(first.summary);
      isHeld = true;
      return () => {
        isHeld = false;
      };
    },
  };
}

type Recorder = Pick<RunningJob, 'step' | 'output'> & {current(): JobStep};

/** What a recorder adds to; the rest of an event it knows itself. */
type Happening =
  | {readonly type: 'started'}
  | {readonly type: 'output'; readonly text: string}
  | {readonly type: 'done'; readonly elapsedMs: number; readonly note: null};

function createRecorder({summary, listeners}: Entry, journal: JobsOptions['journal'], clock: Clock): Recorder {
  let current: JobStep = 'prepare';
  function add(happening: Happening): void {
    const event: NewJobEvent = {time: clock.now(), step: current, ...happening};
    for (const numbered of journal.append(summary.id, [event])) {
      for (const tell of listeners) tell(numbered);
    }
  }
  return {
    current: () => current,
    output: text => add({type: 'output', text}),
    async step(step, work) {
      current = step;
      const start = clock.now();
      add({type: 'started'});
      const value = await work();
      add({type: 'done', elapsedMs: clock.now() - start, note: null});
      return value;
    },
  };
}

/** Without what only the journal knows of it. */
const toSummary = ({id, kind, deployment, release, by, startedAt}: JobSummary): JobSummary => ({
  id,
  kind,
  deployment,
  release,
  by,
  startedAt,
});

const isSame = (a: DeploymentName, b: DeploymentName): boolean => a.app === b.app && a.environment === b.environment;

const serverEnding = (): TakoError =>
  new TakoError('SERVER_ENDING', 'the server is about to be replaced', {hint: 'try again in a moment'});

const underWay = ({kind, deployment, by}: JobSummary): TakoError =>
  new TakoError('DEPLOY_UNDER_WAY', `a ${kind} of ${deployment.app}/${deployment.environment} by ${by} is under way`, {
    hint: 'try again when it is over',
  });

const noSuchJob = (id: string): TakoError => new TakoError('NO_SUCH_JOB', `there is no job ${id} on this server`);
