import {endDaemon, findDaemon} from '../../devproxy/daemon-client.js';
import {type Context, portsOf, startDaemon} from '../context.js';
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
      run: () => restartDaemon(context),
    },
  ];
}

async function restartDaemon(context: Context): Promise<void> {
  const running = await findDaemon(context.files, context.version);
  if (!running) return;
  await endDaemon(running);
  (await startDaemon(context, portsOf(running.info))).client.close();
}
