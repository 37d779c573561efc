import {TakoError} from '../../system/error.js';

export const noSuchRequest = (id: number): TakoError =>
  new TakoError('NO_SUCH_REQUEST', `there is no request ${id}, or it is not kept any more`, {
    hint: '"tako requests" lists those that are kept',
  });

export const bodyNotKept = (id: number, keptBytes: number): TakoError =>
  new TakoError('BODY_NOT_KEPT', `the body of request ${id} is not kept whole`, {
    hint: `bodies are kept up to ${keptBytes / 1024} KiB, as far as they were read; give another with --data`,
  });

export const notReplayable = (id: number, what: string): TakoError =>
  new TakoError('NOT_REPLAYABLE', `request ${id} ${what}, which cannot be sent again from here`);

export const replayInvalid = (problem: string): TakoError =>
  new TakoError('REPLAY_INVALID', `the request cannot be sent like this: ${problem}`);
