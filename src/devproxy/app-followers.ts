/** Those who want to know when an app changes: terminals, mostly. */
export type AppFollowers = {
  /** Calls the listener when anything of the app changes, until the returned function is called. */
  add(app: string, listener: () => void): () => void;
  /** Calls the listener with the name of each app that changes. It does not count: it keeps no app awake. */
  watch(listener: (app: string) => void): () => void;
  tell(app: string): void;
  count(app: string): number;
  /** When the last of them left, in milliseconds since the epoch; 0 when there was none. */
  leftAt(app: string): number;
};

export function createAppFollowers(now: () => number): AppFollowers {
  const listeners = new Map<string, Set<() => void>>();
  const watchers = new Set<(app: string) => void>();
  const leftAt = new Map<string, number>();
  return {
    add(app, listener) {
      const own = listeners.get(app) ?? new Set();
      listeners.set(app, own.add(listener));
      return () => {
        if (!own.delete(listener) || own.size > 0) return;
        listeners.delete(app);
        leftAt.set(app, now());
      };
    },
    watch(listener) {
      // One of its own: the same function may watch twice.
      const watcher = (app: string): void => listener(app);
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    tell(app) {
      for (const listener of listeners.get(app) ?? []) listener();
      for (const watcher of watchers) watcher(app);
    },
    count: app => listeners.get(app)?.size ?? 0,
    leftAt: app => leftAt.get(app) ?? 0,
  };
}
