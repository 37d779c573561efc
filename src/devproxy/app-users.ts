/** The clients that want an app to be there, such as terminals that show it. */
export type AppUsers = {
  /**
   * Counts the client as a user of the app until it leaves. `client` is aborted when it is gone; `isAsked`: whether it wants
   * the app by name, and not only because another one depends on it.
   */
  add(app: string, client: AbortSignal, isAsked: boolean): void;
  /** Counts it as no user any more, of any app; the apps of which it was one. */
  leave(client: AbortSignal): readonly string[];
  /** Nobody uses the app any more: it is gone. */
  forget(app: string): void;
  isUsed(app: string): boolean;
  /** Whether one of its users wants it by name. */
  isAsked(app: string): boolean;
};

export function createAppUsers(): AppUsers {
  /** For each client, whether it asked for each of its apps. */
  const clients = new Map<AbortSignal, Map<string, boolean>>();
  const leave = (client: AbortSignal): readonly string[] => {
    const apps = clients.get(client);
    clients.delete(client);
    return [...(apps?.keys() ?? [])];
  };
  const begin = (client: AbortSignal): Map<string, boolean> => {
    const apps = new Map<string, boolean>();
    clients.set(client, apps);
    client.addEventListener('abort', () => leave(client), {once: true});
    return apps;
  };
  return {
    add(app, client, isAsked) {
      if (client.aborted) return;
      const apps = clients.get(client) ?? begin(client);
      apps.set(app, isAsked || apps.get(app) === true);
    },
    leave,
    forget(app) {
      for (const apps of clients.values()) apps.delete(app);
    },
    isUsed: app => [...clients.values()].some(apps => apps.has(app)),
    isAsked: app => [...clients.values()].some(apps => apps.get(app) === true),
  };
}
