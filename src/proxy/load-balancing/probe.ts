import type {Upstream} from '../upstream.js';

/** Asks an upstream once whether it can serve. A rejection counts as failed, with its message as the problem. */
export type Probe = (upstream: Upstream, signal: AbortSignal) => Promise<ProbeResult>;

/** `problem` is lower case without a full stop: `nothing listens there`, `answered 503`. */
export type ProbeResult = {readonly ok: true} | {readonly ok: false; readonly problem: string};

/** A failed probe in words. */
export function describeFailure(error: unknown): string {
  const {code, message} = error as {readonly code?: unknown; readonly message?: unknown};
  if (code === 'ECONNREFUSED') return 'nothing listens there';
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET') return 'closed the connection without an answer';
  return typeof message === 'string' && message !== '' ? message : String(error);
}
