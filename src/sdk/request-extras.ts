import type {Exchange, Trailers} from './exchange.js';
import {runtimeState} from './runtime-state.js';

const exchangeOf = (request: Request): Exchange => runtimeState().exchanges.get(request) ?? {};

/**
 * Sends 103 Early Hints (RFC 8297), so that a browser fetches what the page will need: `{link: '</app.css>; rel=preload;
 * as=style'}`. False: this runtime cannot, and nothing is lost. Node can.
 */
export function sendEarlyHints(
  request: Request,
  fields: Readonly<Record<string, string | readonly string[]>>,
): boolean {
  const {sendEarlyHints: send} = exchangeOf(request);
  send?.(fields);
  return send !== undefined;
}

/**
 * Sends fields behind the body of the answer. A function is asked when the body has been sent. To be called before the
 * handler answers. False: this runtime cannot. Node can.
 */
export function setTrailers(request: Request, trailers: Trailers): boolean {
  const {setTrailers: set} = exchangeOf(request);
  set?.(trailers);
  return set !== undefined;
}

/** The fields behind the request's body, when that has been read to its end. Undefined: this runtime does not show them. */
export async function readTrailers(request: Request): Promise<Headers | undefined> {
  return exchangeOf(request).requestTrailers?.();
}
