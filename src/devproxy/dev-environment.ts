import path from 'node:path';
import type {VariableLayer} from '../config/variable-layers.js';

export type DevEnvironmentFacts = {
  /** The environment of the terminal that ran the command: its PATH, its version manager, its direnv. */
  readonly terminal: Readonly<NodeJS.ProcessEnv>;
  readonly directory: string;
  /** That folder and those around it, up to the root of the repository: programs are installed in any of them. */
  readonly folders: readonly string[];
  /** What the framework needs and tako.toml says, for this environment. */
  readonly project: readonly VariableLayer[];
  readonly environmentName: string;
  readonly build: string;
  readonly appRoot: string;
  readonly hosts: readonly string[];
};

/** Below the project, as apps for the existing Tako know it. */
export const dataFolderOf = (directory: string): string => path.join(directory, '.tako', 'data', 'app');

/** What an app finds in its environment, lowest first: the terminal's, then the project's variables, then tako's own. */
export function devLayers(facts: DevEnvironmentFacts): readonly VariableLayer[] {
  const {terminal, directory, folders, project, environmentName, build, appRoot, hosts} = facts;
  const bins = folders.map(folder => path.join(folder, 'node_modules', '.bin'));
  const defaults = {
    PATH: [...bins, terminal.PATH].filter(Boolean).join(path.delimiter),
    NODE_ENV: environmentName === 'development' ? 'development' : 'production',
  };
  const own = {
    ENV: environmentName,
    TAKO_BUILD: build,
    TAKO_DATA_DIR: dataFolderOf(directory),
    TAKO_APP_ROOT: path.join(directory, appRoot),
    TAKO_DEV_ALLOWED_HOSTS: hosts.map(host => host.replace(/^\*(?=\.)/, '')).join(','),
  };
  return [
    {source: 'terminal', variables: ofTerminal(terminal)},
    {source: 'tako', variables: defaults},
    ...project,
    {source: 'tako', variables: own},
  ];
}

/**
 * What of a terminal's environment is for apps: not the settings of the daemon, and not what `tako run` gave to the command
 * that the terminal belongs to, as a shell.
 */
export function ofTerminal(terminal: Readonly<NodeJS.ProcessEnv>): Record<string, string> {
  const {TAKO_HOME: _, TAKO_BOOTSTRAP_DATA: __, ...environment} = terminal;
  return Object.fromEntries(
    Object.entries(environment).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
