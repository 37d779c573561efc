import assert from 'node:assert/strict';
import {describe, it} from 'vitest';
import type {JobEvent, JobResult, JobSummary} from '../../../src/control/server-methods.js';
import {followJob} from '../../../src/prod/deploy/follow-job.js';
import type {ServerConnection} from '../../../src/prod/remote/server-connection.js';
import {TakoError} from '../../../src/system/error.js';

const JOB = {id: 'job'} as JobSummary;
const DONE: JobResult = {outcome: 'succeeded', release: '0123456789ab'};

/** A connection whose job has so many events, and then ends as said. */
function connectionOf(events: number, end: JobResult | TakoError): ServerConnection {
  const call = async (_: string, {after}: {after: number}, {onEvent}: {onEvent: (event: JobEvent) => void}) => {
    for (let sequence = after + 1; sequence <= events; sequence++) {
      onEvent({type: 'started', step: 'start', time: 0, sequence});
    }
    if (end instanceof TakoError) throw end;
    return end;
  };
  return {client: {call}, close: async () => undefined} as unknown as ServerConnection;
}

const failure = (code: string): TakoError => new TakoError(code, code);

describe('a job that is followed', () => {
  it('tells each event once, over a cut and a server that is started again', async () => {
    const told: number[] = [];
    const answers = [failure('SERVER_DOWN'), failure('SSH_UNREACHABLE'), connectionOf(5, DONE)];
    const result = await followJob(connectionOf(3, failure('SERVER_LOST')), JOB, {
      reconnect: async () => {
        const next = answers.shift();
        if (next instanceof TakoError || next === undefined) throw next;
        return next;
      },
      onEvent: ({sequence}) => told.push(sequence),
      signal: new AbortController().signal,
    });
    assert.deepEqual([result, told], [DONE, [1, 2, 3, 4, 5]]);
  });

  it('is given up at once where another try would not mend it', async () => {
    const reconnect = () => Promise.reject(failure('SSH_DENIED'));
    const followed = followJob(connectionOf(0, failure('SERVER_LOST')), JOB, {
      reconnect,
      onEvent: () => undefined,
      signal: new AbortController().signal,
    });
    await assert.rejects(followed, {code: 'SSH_DENIED'});
  });

  it('is left when nobody looks any more, without another try', async () => {
    const controller = new AbortController();
    const reconnect = () => Promise.reject(new Error('nobody asked for it'));
    const never = {client: {call: () => new Promise(() => undefined)}} as unknown as ServerConnection;
    const followed = followJob(never, JOB, {reconnect, onEvent: () => undefined, signal: controller.signal});
    controller.abort(failure('INTERRUPTED'));
    await assert.rejects(followed, {code: 'INTERRUPTED'});
  });
});
