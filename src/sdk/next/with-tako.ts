import {adoptServer} from './adopt-server.js';
import {devOrigins} from './dev-origins.js';
import {makeEntryAfterBuild} from './standalone-entry.js';

/** What is read of Next's settings and added to them; all others are passed on as they are. */
type NextSettings = {
  output?: unknown;
  distDir?: unknown;
  allowedDevOrigins?: unknown;
  serverExternalPackages?: unknown;
};

type SettingsFunction = (...given: never[]) => NextSettings | Promise<NextSettings>;

/**
 * Fits an app of Next.js 15 or later into tako: `export default withTako(config)`, where the config is an object or a function
 * that gives one, at once or later. In development the app's names are allowed and its server code has the secrets.
 * `next build` makes one folder, `.next/standalone`, whose `tako-entry.mjs` is all that runs in production.
 */
export function withTako<Config extends object>(config?: Config): Config;
export function withTako(config: NextSettings | SettingsFunction = {}): NextSettings | SettingsFunction {
  const command = process.argv[2];
  if (command === 'build') return completed(config, completeForBuild);
  if (!WITHOUT_SERVER.has(command)) adoptServer(() => JSON.stringify(latest));
  return completed(config, complete);
}

/** Commands of Next that read the settings and start no server. */
const WITHOUT_SERVER: ReadonlySet<string | undefined> = new Set(['typegen', 'lint', 'info', 'experimental-analyze']);

type Complete = (settings: NextSettings) => NextSettings;

function completed(config: NextSettings | SettingsFunction, by: Complete): NextSettings | SettingsFunction {
  if (typeof config !== 'function') return by(config);
  return (...given: never[]) => {
    const settings = config(...given);
    return settings instanceof Promise ? settings.then(by) : by(settings);
  };
}

function completeForBuild(settings: NextSettings): NextSettings {
  makeEntryAfterBuild(typeof settings.distDir === 'string' ? settings.distDir : '.next');
  return complete(settings);
}

/** As Next has them in this process. */
let latest: NextSettings = {};

/** Another output that was asked for, as `export`, stays: such an app has no server. */
function complete(settings: NextSettings): NextSettings {
  const origins = process.env.NODE_ENV === 'production' ? [] : devOrigins(process.env);
  latest = settings;
  return {
    ...settings,
    output: settings.output ?? 'standalone',
    ...(origins.length > 0 ? {allowedDevOrigins: withMore(settings.allowedDevOrigins, origins)} : {}),
    // It is the same copy for every part of the app that way, and none of it is looked through for browsers.
    serverExternalPackages: withMore(settings.serverExternalPackages, ['tako.sh']),
  };
}

const withMore = (list: unknown, more: readonly string[]): readonly unknown[] => [
  ...new Set([...(Array.isArray(list) ? list : []), ...more]),
];
