import type {BackendSpec} from './backend.js';

/** Where a list of backends comes from: given once, looked up again and again, or handed in as it changes. */
export type BackendSource = {
  /** Gives the list, and each new one after that, to a balancer's `setBackends`. */
  start(setBackends: SetBackends): RunningBackendSource;
};

export type SetBackends = (backends: readonly BackendSpec[]) => void;

export type RunningBackendSource = {
  /** Resolves when the first list has been given, or could not be had; then the source goes on trying. Never rejects. */
  readonly ready: Promise<void>;
  /** No list is given after this. */
  close(): void;
};

/** A list that never changes. */
export function createStaticBackends(backends: readonly BackendSpec[]): BackendSource {
  return createSnapshotBackends(backends);
}

export type SnapshotBackends = BackendSource & {
  /** Hands a new list to everybody who listens. */
  set(backends: readonly BackendSpec[]): void;
};

/** A list that its owner replaces: the supervisor with its ready instances, a worker with what it is sent. */
export function createSnapshotBackends(backends: readonly BackendSpec[] = []): SnapshotBackends {
  const listeners = new Set<SetBackends>();
  let current = backends;
  return {
    set(next) {
      current = next;
      for (const listener of listeners) listener(next);
    },
    start(setBackends) {
      // Its own function, as one balancer may listen twice.
      const listener: SetBackends = list => setBackends(list);
      listeners.add(listener);
      listener(current);
      return {ready: Promise.resolve(), close: () => void listeners.delete(listener)};
    },
  };
}
