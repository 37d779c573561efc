import {endDaemon, findDaemon} from '../../devproxy/daemon-client.js';
import {type Context, type PortFlags, portsOf, startDaemon} from '../context.js';
import type {Step} from './step.js';

/** Starts the daemon anew, with the ports it has; nothing where none runs. */
export async function restartStep(context: Context): Promise<readonly Step[]> {
  const connection = await findDaemon(context.files, context.version);
  if (!connection) return [];
  connection.client.close();
  return [
    {
      title: 'restart the daemon; its apps start again when asked for',
      details: [],
      needsRoot: false,
      run: () => restartDaemon(context, portsOf(connection.info)),
    },
  ];
}

/** One that a step before has ended, with what started it, is started all the same. */
async function restartDaemon(context: Context, ports: PortFlags): Promise<void> {
  const running = await findDaemon(context.files, context.version);
  if (running) await endDaemon(running);
  (await startDaemon(context, ports)).client.close();
}
