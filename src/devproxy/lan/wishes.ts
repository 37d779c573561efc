/** Who wants which apps to be open to the network: clients until they leave, and some for good. */
export type LanWishes = {
  /** `client` is aborted when it leaves; undefined for a wish that stays. */
  add(app: string, client: AbortSignal | undefined): void;
  /** Nobody wants it any more. */
  forget(app: string): void;
  has(app: string): boolean;
  apps(): readonly string[];
};

/** `onLeave` is called when an app is wanted no more because a client left. */
export function createLanWishes(onLeave: () => void): LanWishes {
  const wishes = new Map<string, Set<AbortSignal | undefined>>();
  return {
    add(app, client) {
      if (client?.aborted) return;
      const own = wishes.get(app) ?? new Set();
      wishes.set(app, own.add(client));
      client?.addEventListener(
        'abort',
        () => {
          own.delete(client);
          if (own.size > 0 || wishes.get(app) !== own) return;
          wishes.delete(app);
          onLeave();
        },
        {once: true},
      );
    },
    forget: app => void wishes.delete(app),
    has: app => wishes.has(app),
    apps: () => [...wishes.keys()],
  };
}
