// Rollouts under way: at most one per deployment, each going on whether or not somebody looks. What happens in one is
// written down as it happens, so that who comes back, or a server that starts anew, knows where it was.

import {randomBytes} from 'node:crypto';
import {toProblem} from '../../control/protocol.js';
import type {DeploymentName, JobEvent, JobResult, JobStep, JobSummary} from '../../control/server-methods.js';
import type {Clock} from '../../system/clock.js';
import {TakoError} from '../../system/error.js';

/** Where jobs are written down. Each call returns when it is on disk. */
export type JobJournal = {
  begin(job: JobSummary): void;
  append(job: string, event: JobEvent): void;
  end(job: string, result: JobResult): void;
  find(job: string): JobSummary | undefined;
  /** Those after `sequence`. */
  events(job: string, sequence: number): readonly JobEvent[];
  result(job: string): JobResult | undefined;
};

/** What a job's work gets. */
export type RunningJob = {
  readonly summary: JobSummary;
  readonly signal: AbortSignal;
  /** Notes the step before its work begins, and what came of it. */
  step<T>(step: JobStep, work: () => Promise<T>): Promise<T>;
  /** A line of the step that is under way. */
  output(text: string): void;
};

export type Jobs = {
  /** Begins; throws DEPLOY_RUNNING when the deployment has one already. */
  start(
    request: Omit<JobSummary, 'id' | 'startedAt'>,
    work: (job: RunningJob) => Promise<{readonly release: string}>,
  ): JobSummary;
  /** Of the deployment, while it is under way. */
  running(deployment: DeploymentName): JobSummary | undefined;
  /** Calls the listener with each event after `after`; resolves with the result. */
  follow(job: string, after: number, onEvent: (event: JobEvent) => void, signal: AbortSignal): Promise<JobResult>;
  /** Gives it up where it has not switched yet. */
  cancel(job: string): void;
  /** Resolves when none is under way; none begins any more. */
  close(): Promise<void>;
};

type Entry = {
  readonly summary: JobSummary;
  readonly abort: AbortController;
  readonly listeners: Set<(event: JobEvent) => void>;
  readonly result: PromiseWithResolvers<JobResult>;
};

export function createJobs({journal, clock}: {readonly journal: JobJournal; readonly clock: Clock}): Jobs {
  const running = new Map<string, Entry>();
  let isClosed = false;

  const find = (deployment: DeploymentName): Entry | undefined =>
    [...running.values()].find(({summary}) => isSame(summary.deployment, deployment));

  async function run(entry: Entry, work: (job: RunningJob) => Promise<{readonly release: string}>): Promise<JobResult> {
    const recorder = createRecorder(entry, journal, clock);
    let result: JobResult;
    try {
      const {release} = await work({...recorder, summary: entry.summary, signal: entry.abort.signal});
      result = {outcome: 'succeeded', release};
    } catch (error) {
      result = {outcome: 'failed', step: recorder.current(), problem: toProblem(error)};
    }
    journal.end(entry.summary.id, result);
    running.delete(entry.summary.id);
    return result;
  }

  return {
    start(request, work) {
      if (isClosed)
        throw new TakoError('SERVER_ENDING', 'the server is about to be replaced', {hint: 'try again in a moment'});
      const other = find(request.deployment);
      if (other) throw alreadyRunning(other.summary);
      const summary = {...request, id: randomBytes(6).toString('hex'), startedAt: clock.now()};
      journal.begin(summary);
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
    running: deployment => find(deployment)?.summary,
    async follow(id, after, onEvent, signal) {
      const entry = running.get(id);
      for (const event of journal.events(id, after)) onEvent(event);
      if (!entry) return journal.result(id) ?? Promise.reject(unknownJob(id));
      entry.listeners.add(onEvent);
      const leave = (): void => void entry.listeners.delete(onEvent);
      signal.addEventListener('abort', leave, {once: true});
      return entry.result.promise.finally(leave);
    },
    cancel: id => running.get(id)?.abort.abort(new TakoError('DEPLOY_CANCELLED', 'the deploy was cancelled')),
    async close() {
      isClosed = true;
      await Promise.all([...running.values()].map(({result}) => result.promise));
    },
  };
}

type Recorder = Pick<RunningJob, 'step' | 'output'> & {current(): JobStep};

function createRecorder({summary, listeners}: Entry, journal: JobJournal, clock: Clock): Recorder {
  let sequence = 0;
  let current: JobStep = 'prepare';
  const add = (
    event:
      | {readonly type: 'started'}
      | {readonly type: 'output'; readonly text: string}
      | {readonly type: 'done'; readonly elapsedMs: number; readonly note: null},
  ): void => {
    sequence += 1;
    const whole: JobEvent = {sequence, time: clock.now(), step: current, ...event};
    journal.append(summary.id, whole);
    for (const tell of listeners) tell(whole);
  };
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

const isSame = (a: DeploymentName, b: DeploymentName): boolean => a.app === b.app && a.environment === b.environment;

const alreadyRunning = ({kind, release, by, startedAt, deployment}: JobSummary): TakoError =>
  new TakoError(
    'DEPLOY_RUNNING',
    `a ${kind} of ${deployment.app}/${deployment.environment} to ${release} by ${by} is under way since ${new Date(startedAt).toISOString()}`,
    {hint: 'run "tako deploy --attach" to follow it'},
  );

const unknownJob = (id: string): TakoError => new TakoError('UNKNOWN_JOB', `there is no job ${id}`);
