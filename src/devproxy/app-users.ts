/** The clients that want an app to be there, such as terminals that show it. */
export type AppUsers = {
  /** Counts the client as a user of the app, once, until it leaves. `client` is aborted when it is gone. */
  add(app: string, client: AbortSignal): void;
  /** Counts it as no user any more, of any app; the apps of which it was one. */
  leave(client: AbortSignal): readonly string[];
  /** Nobody uses the app any more: it is gone. */
  forget(app: string): void;
  isUsed(app: string): boolean;
};

export function createAppUsers(): AppUsers {
  const appsOf = new Map<AbortSignal, Set<string>>();
  const leave = (client: AbortSignal): readonly string[] => {
    const apps = appsOf.get(client) ?? [];
    appsOf.delete(client);
    return [...apps];
  };
  return {
    add(app, client) {
      if (client.aborted) return;
      const known = appsOf.get(client);
      if (known) return void known.add(app);
      appsOf.set(client, new Set([app]));
      client.addEventListener('abort', () => leave(client), {once: true});
    },
    leave,
    forget(app) {
      for (const apps of appsOf.values()) apps.delete(app);
    },
    isUsed: app => [...appsOf.values()].some(apps => apps.has(app)),
  };
}
