import type {JobEvent, JobResult, JobSummary} from '../../control/server-methods.js';
import {isPassing, type ServerConnection} from '../remote/server-connection.js';

export type FollowOptions = {
  /** Connects to the same server once more. */
  readonly reconnect: () => Promise<ServerConnection>;
  readonly onEvent: (event: JobEvent) => void;
};

/** Tries in a row that got to nothing, before the line is the user's to look after: a server may boot meanwhile. */
const MAX_VAIN_TRIES = 20;
const RETRY_MS = 1_000;

/** Follows a job to its end, over as many connections as that takes. Each event is told once. */
export async function followJob(
  connection: ServerConnection,
  {id}: JobSummary,
  {reconnect, onEvent}: FollowOptions,
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
        return await line.client.call('follow', {job: id, after: last}, {onEvent: take});
      } catch (error) {
        vain = last > before ? 0 : vain + 1;
        if (!isPassing(error) || vain >= MAX_VAIN_TRIES) throw error;
      }
      if (line !== connection) await line?.close();
      line = undefined;
      await new Promise(resolve => setTimeout(resolve, RETRY_MS));
    }
  } finally {
    if (line !== connection) await line?.close();
  }
}
