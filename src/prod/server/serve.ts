// `tako-server serve`: the server process, which only the holder starts.

import {systemClock} from '../../system/clock.js';
import {outliveOutput} from '../../system/outlive-output.js';
import {readVersion} from '../../system/version.js';
import {connectHolder} from '../holder/holder-client.js';
import {startServer} from './server.js';

/** Serves until another process follows. Resolves with the exit code. */
export async function serve(root: string): Promise<number> {
  outliveOutput(process.stderr);
  // What the user's terminal or a service manager sends to the group is the holder's to pass on.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined);
  const holder = await connectHolder();
  const server = await startServer({root, holder, version: readVersion(), clock: systemClock, log});
  process.on('uncaughtException', error => log(`uncaught: ${error.stack ?? error.message}`));
  await server.ended;
  // Connections that are still open are cut by it.
  process.exit(0);
}

const log = (text: string): void => void process.stderr.write(`${new Date().toISOString()} ${text}\n`);
