import type {Exit} from '../instance.js';
import type {Readiness} from '../readiness.js';
import type {SpawnFailure} from '../spawn-failure.js';

/** Every way in which a start does not end with a ready app. */
export type StartFailure = SpawnFailure | Exclude<Readiness, {readonly outcome: 'ready'}>;

export type TimedOut = Readiness & {readonly outcome: 'timed-out'};

/** Every way in which an app is not there that nobody asked for: a failed start, or its end after having been ready. */
export type Failure = StartFailure | {readonly outcome: 'crashed'; readonly exit: Exit};
