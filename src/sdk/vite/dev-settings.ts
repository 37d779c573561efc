import type {AddedSettings, WrittenSettings} from './vite-types.js';

type ServerSettings = NonNullable<AddedSettings['server']>;
type WrittenServer = WrittenSettings['server'];

/** Where the app is asked for its status: `<app>.tako`. Like .test it is no domain that anybody could register. */
const ZONES = ['.test', '.tako'] as const;

/**
 * What Vite's dev server is told: the names that tako serves it under, so that pages and the socket of their updates pass its
 * host check, and the port that tako keeps for it. Without tako it listens where it would.
 */
export function devServerSettings(written: WrittenServer, environment: Readonly<NodeJS.ProcessEnv>): ServerSettings {
  return {...hostSettings(written, environment), ...portSettings(environment)};
}

function hostSettings(written: WrittenServer, environment: Readonly<NodeJS.ProcessEnv>): ServerSettings {
  // Vite puts lists of plugins behind one that is written; `true` allows every name already.
  if (written?.allowedHosts === true) return {};
  const hosts = (environment.TAKO_DEV_ALLOWED_HOSTS ?? '').split(',').filter(host => host !== '');
  return {allowedHosts: [...new Set([...ZONES, ...hosts])]};
}

/** PORT alone may be anybody's; with TAKO_BUILD it is tako's. 0 leaves the choice to Vite, which says what it chose. */
function portSettings({TAKO_BUILD, PORT, HOST}: Readonly<NodeJS.ProcessEnv>): ServerSettings {
  const port = Number(PORT);
  if (TAKO_BUILD === undefined || !Number.isInteger(port)) return {};
  return {host: HOST ?? '127.0.0.1', ...(port > 0 ? {port, strictPort: true} : {})};
}
