import path from 'node:path';

export type DevEnvironmentFacts = {
  /** The environment of the terminal that ran the command: its PATH, its version manager, its direnv. */
  readonly terminal: Readonly<NodeJS.ProcessEnv>;
  readonly directory: string;
  /** That folder and those around it, up to the root of the repository: programs are installed in any of them. */
  readonly folders: readonly string[];
  /** `[vars]` of tako.toml for this environment. */
  readonly vars: Readonly<Record<string, string>>;
  readonly environmentName: string;
  readonly build: string;
  readonly appRoot: string;
  readonly hosts: readonly string[];
};

/** Below the project, as apps for the existing Tako know it. */
export const dataFolderOf = (directory: string): string => path.join(directory, '.tako', 'data', 'app');

/** What an app finds in its environment: the terminal's, then the project's variables, then tako's own. */
export function createDevEnvironment(facts: DevEnvironmentFacts): Record<string, string> {
  const {terminal, directory, folders, vars, environmentName, build, appRoot, hosts} = facts;
  return {
    ...definedValues(terminal),
    PATH: [...folders.map(folder => path.join(folder, 'node_modules', '.bin')), terminal.PATH]
      .filter(Boolean)
      .join(path.delimiter),
    NODE_ENV: environmentName === 'development' ? 'development' : 'production',
    ...vars,
    ENV: environmentName,
    TAKO_BUILD: build,
    TAKO_DATA_DIR: dataFolderOf(directory),
    TAKO_APP_ROOT: path.join(directory, appRoot),
    TAKO_DEV_ALLOWED_HOSTS: hosts.map(host => host.replace(/^\*(?=\.)/, '')).join(','),
  };
}

/** The daemon's own settings are not the app's. */
function definedValues({TAKO_HOME: _, ...environment}: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
