/**
 * The variable in which an app finds the URL of another one: `my-app` is in `TAKO_URL_MY_APP`. Names of apps have no `_`, so
 * that two apps never share a variable.
 */
export const envNameOf = (app: string): string => `TAKO_URL_${app.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
