import type {JobEvent, JobResult, JobSummary} from '../../control/server-methods.js';
import {unlessAborted} from '../../supervisor/race.js';
import {isPassing, type ServerConnection} from '../remote/server-connection.js';
import type {OnDeployEvent} from './deploy-event.js';

export type FollowOptions = {
  /** Connects to the same server once more. */
  readonly reconnect: () => Promise<ServerConnection>;
  readonly onEvent: (event: JobEvent) => void;
  /** Aborted: nobody looks any more, and the job goes on. */
  readonly signal: AbortSignal;
};

/** Tries in a row that got to nothing, before the line is the user's to look after: a server may boot meanwhile. */
const MAX_VAIN_TRIES = 20;
const RETRY_MS = 1_000;

/** Follows a job to its end, over as many connections as that takes. Each event is told once. Throws the signal's reason. */
export async function followJob(
  connection: ServerConnection,
  {id}: JobSummary,
  {reconnect, onEvent, signal}: FollowOptions,
): Promise<JobResult> {
  let line: ServerConnection | undefined = connection;
  let last = 0;
  const take = (event: JobEvent): void => {
    if (event.sequence <= last) return;
    last = event.sequence;
    onEvent(event);
  };
  try {
    for (let vain = 0; ; ) {
      const before = last;
      try {
        line ??= await reconnect();
        const followed = line.client.call('follow', {job: id, after: last}, {onEvent: take});
        return await unlessAborted(followed, signal);
      } catch (error) {
        signal.throwIfAborted();
        vain = last > before ? 0 : vain + 1;
        if (!isPassing(error) || vain >= MAX_VAIN_TRIES) throw error;
      }
      if (line !== connection) await line?.close();
      line = undefined;
      await unlessAborted(new Promise(resolve => setTimeout(resolve, RETRY_MS)), signal);
    }
  } finally {
    if (line !== connection) await line?.close();
  }
}

/** Hears which jobs servers have: they go on there, whatever becomes of this process. */
export type JobListener = {
  readonly onJob: (server: string, job: JobSummary) => void;
  readonly onJobOver: (server: string) => void;
};

export type FollowStepsOptions = Omit<FollowOptions, 'onEvent'> & {readonly onEvent: OnDeployEvent};

/** The same, told as the steps of that server. */
export async function followSteps(
  connection: ServerConnection,
  job: JobSummary,
  {onEvent, ...options}: FollowStepsOptions,
): Promise<JobResult> {
  const server = connection.entry.name;
  const result = await followJob(connection, job, {...options, onEvent: event => onEvent({...event, server})});
  if (result.outcome === 'failed') onEvent({type: 'failed', step: result.step, server});
  return result;
}
