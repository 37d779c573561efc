import type {Upstream} from '../proxy/upstream.js';
import type {Upstream as Served} from '../supervisor/attempt.js';

const known = new WeakMap<Served, Upstream>();

/** Where a process listens, as the gateway has it: always the same object for the same place of a process. */
export function upstreamOf(served: Served): Upstream {
  const found = known.get(served);
  if (found) return found;
  const {host, port, isTls} = served;
  // Its certificate is its own affair: the connection does not leave this machine.
  const upstream: Upstream = {host, port, ...(isTls ? {tls: {isVerified: false}} : {})};
  known.set(served, upstream);
  return upstream;
}
