import {fileURLToPath} from 'node:url';
import type {ControlClient} from '../control/client.js';
import type {ServerMethods} from '../control/server-methods.js';
import {type ConnectOptions, connectServer, type ServerConnection} from '../prod/remote/server-connection.js';
import {openServerList, type ServerEntry, type ServerList} from '../prod/remote/server-list.js';
import {TakoError} from '../system/error.js';
import {createContext} from './context.js';

/** What commands about servers have in common. */
export type ServersContext = {
  readonly list: ServerList;
  readonly connect: ConnectOptions;
  readonly cacheFolder: string;
  /** The folder of this package, which the server program is a part of. */
  readonly packageFolder: string;
};

export function createServersContext(): ServersContext {
  const {paths, version} = createContext();
  return {
    list: openServerList(paths.config),
    // ssh asks on the terminal itself, whatever our standard streams are; without ours nobody is there to answer.
    connect: {version, hasTerminal: process.stdin.isTTY && process.stderr.isTTY, environment: process.env},
    cacheFolder: paths.cache,
    packageFolder: fileURLToPath(new URL('../../', import.meta.url)),
  };
}

/** The server of that name; without one all of them. Throws SERVER_UNKNOWN, NO_SERVERS. */
export async function selectServers({list}: ServersContext, name: string | undefined): Promise<readonly ServerEntry[]> {
  if (name !== undefined) return [await list.find(name)];
  const servers = await list.load();
  if (servers.length > 0) return servers;
  throw new TakoError('NO_SERVERS', 'you have no servers yet', {hint: '"tako servers add user@host" adds one'});
}

/** Connects for as long as the work takes. */
export async function onServer<T>(
  server: ServerEntry,
  {connect}: ServersContext,
  work: (client: ControlClient<ServerMethods>, connection: ServerConnection) => Promise<T>,
): Promise<T> {
  const connection = await connectServer(server, connect);
  try {
    return await work(connection.client, connection);
  } finally {
    await connection.close();
  }
}
