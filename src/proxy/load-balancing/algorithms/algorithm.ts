import type {Availability, Backend} from '../backend.js';

/** A way to choose among backends. */
export type Algorithm = {
  /** For the help of a command: what it does, in a few words. */
  readonly summary: string;
  /** Builds what choosing among these backends takes; called again only when the list changes. */
  prepare(backends: readonly Candidate[], random: () => number): Select;
};

/**
 * Chooses one of the backends that are as available as asked for and not yet tried, or undefined. It is called for every
 * request: it allocates nothing and looks at each backend a few times at most. `key` is what a sticky algorithm holds
 * on to; the others ignore it.
 */
export type Select = (
  availability: Availability,
  tried: readonly Backend[],
  key: string | undefined,
) => Candidate | undefined;

/** A backend as algorithms see it. `turn` is its place in the rotation (see takeTurn). */
export type Candidate = Backend & {turn: number};

/** Whether a backend may be chosen at all. */
export function isCandidate(backend: Backend, availability: Availability, tried: readonly Backend[]): boolean {
  return backend.availability === availability && (tried.length === 0 || !tried.includes(backend));
}

/** Requests in flight for what the backend can carry: the higher, the busier. */
export const loadOf = ({inFlight, effectiveWeight}: Backend): number => inFlight / effectiveWeight;
