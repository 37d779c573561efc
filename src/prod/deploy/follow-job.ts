import type {JobEvent, JobResult, JobSummary} from '../../control/server-methods.js';
import {errorCode} from '../../system/error.js';
import type {ServerConnection} from '../remote/server-connection.js';

export type FollowOptions = {
  /** Connects to the same server once more. */
  readonly reconnect: () => Promise<ServerConnection>;
  readonly onEvent: (event: JobEvent) => void;
};

/** Tries in a row that got to nothing, before the line is the user's to look after. The job goes on there. */
const MAX_VAIN_TRIES = 5;
const RETRY_MS = 1_000;

/** Follows a job to its end, over as many connections as that takes. Each event is told once. */
export async function followJob(
  connection: ServerConnection,
  {id}: JobSummary,
  {reconnect, onEvent}: FollowOptions,
): Promise<JobResult> {
  let line = connection;
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
        return await line.client.call('follow', {job: id, after: last}, {onEvent: take});
      } catch (error) {
        vain = last > before ? 0 : vain + 1;
        if (errorCode(error) !== 'SERVER_LOST' || vain >= MAX_VAIN_TRIES) throw error;
      }
      await new Promise(resolve => setTimeout(resolve, RETRY_MS));
      const next = await reconnect();
      if (line !== connection) await line.close();
      line = next;
    }
  } finally {
    if (line !== connection) await line.close();
  }
}
