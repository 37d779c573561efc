import {platformName, type ServerEntry} from '../prod/remote/server-list.js';
import {describeTarget} from '../prod/remote/ssh-target.js';
import {printJson, printNote, printResult} from './output.js';
import {createServersContext} from './servers-context.js';

/** The user's servers, one line each. Asks none of them. */
export async function listServers({json = false}: {readonly json?: boolean}): Promise<void> {
  const servers = await createServersContext().list.load();
  if (json) printJson({ok: true, servers});
  else if (servers.length > 0) printResult(servers.map(describeServer).join('\n'));
  else printNote('you have no servers yet; "tako servers add user@host" adds one');
}

const describeServer = (server: ServerEntry): string =>
  `${server.name}: ${describeTarget(server)}, ${platformName(server.platform)}, in ${server.root}`;
