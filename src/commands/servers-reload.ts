import {printNote} from './output.js';
import {createServersContext, onServer, selectServers} from './servers-context.js';
import {printOutcomes, withEachServer} from './servers-outcome.js';

/** Puts new server processes in the place of those that run. */
export async function reloadServers(name: string | undefined, {json}: {readonly json?: boolean}): Promise<void> {
  const context = createServersContext();
  const outcomes = await withEachServer(await selectServers(context, name), server =>
    onServer(server, context, client => client.call('reload', {})),
  );
  printOutcomes(outcomes, {json, print: (server, {pid}) => printNote(`${server} reloaded, pid ${pid}`)});
}
