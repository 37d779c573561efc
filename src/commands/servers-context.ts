import {fileURLToPath} from 'node:url';
import type {ConnectOptions} from '../prod/remote/server-connection.js';
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
