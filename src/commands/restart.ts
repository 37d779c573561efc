import {type ConfigFlag, createContext, findAppName, requireDaemon} from './context.js';
import {printJson, printNote} from './output.js';

/** Starts an app's process anew and waits until it is ready. */
export async function restart(name: string | undefined, flags: ConfigFlag & {readonly json?: boolean}): Promise<void> {
  const connection = await requireDaemon(createContext());
  try {
    const status = await connection.client.call('restart', {name: await findAppName(connection, name, flags)});
    if (flags.json) printJson({ok: true, app: status});
    else printNote(`${status.name} is ready: pid ${status.pid}, ${status.url}`);
  } finally {
    connection.client.close();
  }
}
