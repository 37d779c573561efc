import {connectServer} from '../prod/remote/server-connection.js';
import type {ServerEntry} from '../prod/remote/server-list.js';
import {printNote} from './output.js';
import {createServersContext, type ServersContext, selectServers} from './servers-context.js';
import {printOutcomes, withEachServer} from './servers-outcome.js';

/** Puts new server processes in the place of those that run. */
export async function reloadServers(name: string | undefined, {json}: {readonly json?: boolean}): Promise<void> {
  const context = createServersContext();
  const outcomes = await withEachServer(await selectServers(context, name), server => reload(server, context));
  printOutcomes(outcomes, {json, print: (server, {pid}) => printNote(`${server} reloaded, pid ${pid}`)});
}

async function reload(server: ServerEntry, {connect}: ServersContext): Promise<{readonly pid: number}> {
  const connection = await connectServer(server, connect);
  try {
    return await connection.client.call('reload', {});
  } finally {
    await connection.close();
  }
}
