import type {Upstream} from '../upstream.js';

/** What a list of backends is made of. */
export type BackendSpec = {
  readonly upstream: Upstream;
  /** Its share of the requests, a whole number from 1 to MAX_WEIGHT; 1 when left out. */
  readonly weight?: number;
};

/**
 * One upstream that requests are spread over, and how it is at the moment. It is the same object as long as its address
 * stays in the list, so it may be compared by identity and kept in a request's list of those already tried.
 */
export type Backend = {
  /** What the backend is known by: `127.0.0.1:3000`, `[::1]:3000`. */
  readonly address: string;
  readonly upstream: Upstream;
  readonly weight: number;
  /** The weight as slow start lets it count now; above 0 and at most `weight`. */
  readonly effectiveWeight: number;
  /** Requests and tunnels acquired and not yet released. */
  readonly inFlight: number;
  readonly availability: Availability;
};

/** Whether requests go to a backend: always, only when no available one is left, or never. */
export type Availability = 'available' | 'ejected' | 'unhealthy';

/** A backend in one word. `slow-start` takes requests, but less than its share. */
export type BackendState = 'healthy' | 'unhealthy' | 'ejected' | 'slow-start';

/** One backend as a status page shows it. */
export type BackendStatus = {
  readonly address: string;
  readonly state: BackendState;
  readonly inFlight: number;
  readonly weight: number;
  /** Why its latest health check failed; undefined when that passed, or none was made. */
  readonly problem: string | undefined;
};

/** A backend went from one state to another. `problem` is as in its status. */
export type BackendChange = {
  readonly address: string;
  readonly state: BackendState;
  readonly previous: BackendState;
  readonly problem: string | undefined;
};

/** As in HAProxy (its manual, server option `weight`). The consistent hash keeps 160 points for each unit. */
export const MAX_WEIGHT = 256;

/** The text a backend is known by. An IPv6 address is put in brackets. */
export function backendAddress({host, port}: Upstream): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The weight of a backend; throws a RangeError for one that is not a whole number from 1 to MAX_WEIGHT. */
export function weightOf({upstream, weight = 1}: BackendSpec): number {
  if (Number.isInteger(weight) && weight >= 1 && weight <= MAX_WEIGHT) return weight;
  throw new RangeError(
    `weight ${weight} of ${backendAddress(upstream)}: expected a whole number from 1 to ${MAX_WEIGHT}`,
  );
}
