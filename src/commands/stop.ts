import {existsSync} from 'node:fs';
import {endDaemon, findDaemon} from '../devproxy/daemon-client.js';
import {errorCode} from '../system/error.js';
import {type ConfigFlag, createContext, findAppName, requireDaemon, startDaemon} from './context.js';
import {printJson, printNote} from './output.js';

export type StopFlags = ConfigFlag & {readonly all?: boolean; readonly json?: boolean};

/** Stops an app and forgets it; with `--all` every app, and the daemon with them. */
export async function stop(name: string | undefined, flags: StopFlags): Promise<void> {
  const stopped = flags.all ? await stopAll() : [await stopOne(name, flags)];
  if (flags.json) printJson({ok: true, stopped});
  else printNote(stopped.length > 0 ? stopped.map(app => `${app} stopped`).join('\n') : 'nothing was running');
}

async function stopOne(name: string | undefined, flags: StopFlags): Promise<string> {
  const connection = await requireDaemon(createContext());
  try {
    const app = await findAppName(connection, name, flags);
    await connection.client.call('remove', {name: app});
    return app;
  } finally {
    connection.client.close();
  }
}

async function stopAll(): Promise<string[]> {
  const context = createContext();
  const {files, version} = context;
  // A daemon that was killed left its socket, and perhaps its apps: the next one knows them.
  const connection =
    (await findDaemon(files, version)) ?? (existsSync(files.socket) ? await startDaemon(context, {}) : undefined);
  if (!connection) return [];
  const {client} = connection;
  try {
    const {apps} = await client.call('list', {});
    const names = apps.map(({name}) => name);
    await Promise.all(names.map(name => client.call('remove', {name}).catch(ignoreRemoved)));
    await endDaemon(connection);
    return names;
  } catch (error) {
    // Another command ended the daemon first.
    if (errorCode(error) === 'DAEMON_LOST') return [];
    throw error;
  } finally {
    client.close();
  }
}

/** Its own terminal may have stopped it first. */
function ignoreRemoved(error: unknown): void {
  if (errorCode(error) !== 'NO_SUCH_APP') throw error;
}
