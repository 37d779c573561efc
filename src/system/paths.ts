import path from 'node:path';

/** Where tako keeps things of one user. With TAKO_HOME set, all of it is in that one folder. */
export type Paths = {
  /** What people edit: settings.toml. */
  readonly config: string;
  /** What must not be lost: the authority, the registry, the daemon's log and socket. */
  readonly data: string;
  /** What can be made again: leaf certificates. */
  readonly cache: string;
};

/** The folders for this environment, by the XDG base directory specification, or macOS's own convention. */
export function resolvePaths(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform, home: string): Paths {
  if (environment.TAKO_HOME) {
    const root = path.resolve(environment.TAKO_HOME);
    return {config: root, data: root, cache: path.join(root, 'cache')};
  }
  if (platform === 'darwin') {
    const support = path.join(home, 'Library', 'Application Support', 'tako');
    return {config: support, data: support, cache: path.join(home, 'Library', 'Caches', 'tako')};
  }
  const base = (variable: string, fallback: string): string => {
    const value = environment[variable];
    // The specification says that a relative path must be ignored.
    return path.join(value && path.isAbsolute(value) ? value : path.join(home, fallback), 'tako');
  };
  return {
    config: base('XDG_CONFIG_HOME', '.config'),
    data: base('XDG_DATA_HOME', '.local/share'),
    cache: base('XDG_CACHE_HOME', '.cache'),
  };
}
