/** The hosts of tako's own page, the one to show first. No app may have them. */
export const DASHBOARD_HOSTS = ['tako.test', 'tako.localhost'] as const;

const hosts: ReadonlySet<string> = new Set(DASHBOARD_HOSTS);

export const isDashboardHost = (host: string): boolean => hosts.has(host);
