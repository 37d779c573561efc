// What an owner and its workers say to each other. A snapshot is everything a worker has to know, whole and never changed:
// a worker that missed one has missed nothing once it has the next.

import {TakoError} from '../../system/error.js';

/** An error on its way to another process. */
export type SentError = {
  /** Undefined for what nobody expected. */
  readonly code: string | undefined;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: readonly string[];
};

export type OwnerMessage<Snapshot> =
  | {readonly type: 'snapshot'; readonly snapshot: Snapshot}
  | {readonly type: 'answer'; readonly id: number; readonly value: unknown}
  | {readonly type: 'refusal'; readonly id: number; readonly error: SentError}
  | {readonly type: 'drain'; readonly graceMs: number};

export type WorkerMessage<Note> =
  | {readonly type: 'ready'}
  | {readonly type: 'failed'; readonly error: SentError}
  | {readonly type: 'ask'; readonly id: number; readonly question: Question}
  | {readonly type: 'note'; readonly note: Note};

/**
 * What a worker cannot do itself and asks its owner for: the certificate for a server name, as the authority's key never
 * leaves the owner, or to bring an app to ready, as only the owner has processes.
 */
export type Question =
  | {readonly ask: 'certificateFor'; readonly serverName: string}
  | {readonly ask: 'activate'; readonly app: string};

export function toSentError(error: unknown): SentError {
  if (error instanceof TakoError) {
    return {code: error.code, message: error.message, hint: error.hint, details: error.details};
  }
  return {
    code: undefined,
    message: error instanceof Error ? error.message : String(error),
    hint: undefined,
    details: [],
  };
}

/** The error as the other process threw it: a TakoError where it has a code. */
export function fromSentError({code, message, hint, details}: SentError): Error {
  if (code === undefined) return new Error(message);
  return new TakoError(code, message, {details, ...(hint === undefined ? {} : {hint})});
}
