import type {Upstream} from './upstream.js';

/** A process on this machine, as whoever runs it knows it: one object for as long as it listens there. */
export type LocalPlace = {readonly host: string; readonly port: number; readonly isTls: boolean};

const known = new WeakMap<LocalPlace, Upstream>();

/** Where a process listens, as the gateway has it: always the same object for the same place of a process. */
export function upstreamOf(place: LocalPlace): Upstream {
  const found = known.get(place);
  if (found) return found;
  const {host, port, isTls} = place;
  // Its certificate is its own affair: the connection does not leave this machine.
  const upstream: Upstream = {host, port, ...(isTls ? {tls: {isVerified: false}} : {})};
  known.set(place, upstream);
  return upstream;
}
