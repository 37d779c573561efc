/** The hosts of tako's own page, the one to show first. No app may have them. */
export const DASHBOARD_HOSTS = ['tako.test', 'tako.localhost'] as const;

export const isDashboardHost = (host: string): boolean => DASHBOARD_HOSTS.some(own => own === host);
