import {hostname, userInfo} from 'node:os';
import type {ControlClient} from '../../control/client.js';
import type {DeploymentName, ServerMethods} from '../../control/server-methods.js';
import type {ServerConnection} from '../../prod/remote/server-connection.js';
import type {ServerEntry} from '../../prod/remote/server-list.js';
import {TakoError} from '../../system/error.js';
import {type ConfigFlag, loadCurrentProject} from '../context.js';
import {createServersContext, onServer, type ServersContext} from '../servers-context.js';
import {type ServerOutcome, withEachServer} from '../servers-outcome.js';

/** Flags of every command about what is deployed. */
export type DeploymentFlags = ConfigFlag & {
  readonly env?: string;
  /** Of those of the environment, this one only. */
  readonly server?: readonly string[];
  /** `shop` or `shop/staging`, outside its project. */
  readonly app?: string;
  readonly json?: boolean;
};

/** A deployment and where it is. */
export type SelectedDeployment = {
  readonly name: DeploymentName;
  readonly servers: readonly ServerEntry[];
  readonly context: ServersContext;
};

export const DEFAULT_ENVIRONMENT = 'production';

/** What a command is about: the project of this folder, or what --app names. Throws NO_SUCH_ENVIRONMENT, SERVERS_MISSING. */
export async function selectDeployment(flags: DeploymentFlags): Promise<SelectedDeployment> {
  const context = createServersContext();
  const environment = flags.env ?? flags.app?.split('/')[1] ?? DEFAULT_ENVIRONMENT;
  if (flags.app !== undefined) {
    const [app = ''] = flags.app.split('/');
    return {name: {app, environment}, servers: await serversOf(context, flags.server ?? []), context};
  }
  const {config} = await loadCurrentProject(flags);
  const settings = config.environments[environment];
  if (!settings || environment === 'development') throw noSuchEnvironment(environment);
  const servers = await serversOf(context, flags.server ?? settings.servers);
  return {name: {app: config.name, environment}, servers, context};
}

/** Those named; where none is, the only one there is. */
async function serversOf({list}: ServersContext, names: readonly string[]): Promise<readonly ServerEntry[]> {
  if (names.length > 0) return Promise.all([...new Set(names)].map(name => list.find(name)));
  const servers = await list.load();
  if (servers.length === 1) return servers;
  throw servers.length === 0
    ? new TakoError('NO_SERVERS', 'you have no servers yet', {hint: '"tako servers add user@host" adds one'})
    : new TakoError('SERVERS_MISSING', 'it is not said which server is meant', {
        hint: `use --server with one of: ${servers.map(({name}) => name).join(', ')}`,
      });
}

/** Does the same on each server of the deployment, beside each other. */
export const onEachServer = <T>(
  {servers, context}: SelectedDeployment,
  work: (client: ControlClient<ServerMethods>, connection: ServerConnection) => Promise<T>,
): Promise<readonly ServerOutcome<T>[]> => withEachServer(servers, server => onServer(server, context, work));

/** The only server; a command that follows a log or a process is about one. Throws SERVERS_MISSING. */
export function requireOneServer({servers}: SelectedDeployment): ServerEntry {
  const [server, ...others] = servers;
  if (server && others.length === 0) return server;
  throw new TakoError('SERVERS_MISSING', 'this command is about one server, and the environment has several', {
    hint: `use --server with one of: ${servers.map(({name}) => name).join(', ')}`,
  });
}

/** Whoever runs this command, as others are told of it. */
export const currentUser = (): string => `${process.env.USER ?? userInfo().username}@${hostname()}`;

const noSuchEnvironment = (environment: string): TakoError =>
  new TakoError('NO_SUCH_ENVIRONMENT', `tako.toml has no environment ${environment} that is deployed`, {
    hint: `write [envs.${environment}] with its route into tako.toml`,
  });
