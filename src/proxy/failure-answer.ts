// What a client is told when a request could not be served.

import {ActivationError} from './cold-start.js';
import type {ErrorAnswer} from './error-page.js';
import type {AppId, Route} from './route-table.js';
import {UpstreamError} from './upstream.js';

/** Where nothing was expected to fail: a bug. */
export const INTERNAL_ERROR: ErrorAnswer = {
  status: 500,
  code: 'INTERNAL_ERROR',
  message: 'tako failed on this request',
  hint: 'this is a bug in tako; its log has the details',
};

const RETRY_AFTER_SECONDS = 1;

/** Names the failure of a request that took this route; INTERNAL_ERROR for one that nobody expected. */
export function failureAnswer(
  error: unknown,
  route: Pick<Route, 'app' | 'upstream'> | undefined,
  lastLines: (app: AppId) => readonly string[],
): ErrorAnswer {
  const {app = '', upstream} = route ?? {};
  if (error instanceof ActivationError) return activationAnswer(error, lastLines(app));
  if (!(error instanceof UpstreamError)) return INTERNAL_ERROR;
  const isTimeout = error.failure === 'timeout' || error.failure === 'connect-timeout';
  return {
    ...(isTimeout ? {status: 504, code: 'APP_TIMEOUT'} : {status: 502, code: 'APP_UNREACHABLE'}),
    message:
      upstream === undefined ? `${app}: ${error.message}` : `${upstream.host}:${upstream.port}: ${error.message}`,
    lines: upstream === undefined ? lastLines(app) : [],
    retryAfterSeconds: RETRY_AFTER_SECONDS,
  };
}

const STATUS_OF_FAILURE = {failed: 502, 'timed-out': 504, 'queue-full': 503, cancelled: 503, unavailable: 503} as const;

const activationAnswer = (
  {failure, code, message, hint, details}: ActivationError,
  lastLines: readonly string[],
): ErrorAnswer => ({
  status: STATUS_OF_FAILURE[failure],
  code,
  message,
  hint,
  lines: details.length > 0 ? details : lastLines,
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});
