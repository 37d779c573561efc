import type {ServerInfo} from '../../../control/server-methods.js';
import {errorCode, TakoError} from '../../../system/error.js';
import {type ConnectOptions, connectServer, type ServerConnection} from '../server-connection.js';
import type {ServerEntry} from '../server-list.js';

/** The server as it answers at the end. */
export type Arrival = {readonly info: ServerInfo; readonly isReloaded: boolean};

export type TakeOverOptions = {
  readonly connect: ConnectOptions;
  /** That is to answer in the end. */
  readonly version: string;
  /** The folder of the version that runs and has to give way; undefined: none does. */
  readonly previous: string | undefined;
  readonly switchBack: () => Promise<void>;
  readonly readLog: () => Promise<readonly string[]>;
};

/** How long a server may take from its start to its first answer. */
const START_TIMEOUT_MS = 30_000;
const RETRY_MS = 300;

/** Lets the new program take over where another one runs, and resolves when it answers. */
export async function takeOver(entry: ServerEntry, options: TakeOverOptions): Promise<Arrival> {
  const connection = await waitForServer(entry, options);
  try {
    if (options.previous === undefined) return {info: connection.info, isReloaded: false};
    await reloadOrSwitchBack(entry, connection, options);
  } finally {
    await connection.close();
  }
  const renewed = await waitForServer(entry, options);
  await renewed.close();
  return {info: renewed.info, isReloaded: true};
}

async function reloadOrSwitchBack(
  {name}: ServerEntry,
  {client, info}: ServerConnection,
  {switchBack}: TakeOverOptions,
): Promise<void> {
  try {
    await client.call('reload', {});
  } catch (error) {
    await switchBack();
    // The holder was the new one already, and goes back too.
    if (errorCode(error) === 'RELOAD_FAILED') await client.call('reload', {}).catch(() => undefined);
    const {hint, details = []} = error instanceof TakoError ? error : {};
    throw new TakoError('UPGRADE_FAILED', `the new version did not start on ${name}; ${info.version} goes on`, {
      ...(hint === undefined ? {} : {hint}),
      details: [error instanceof Error ? error.message : String(error), ...details],
      cause: error,
    });
  }
}

/** The connection is a login of its own: only a new one has the groups that a step has put the user into. */
async function waitForServer(entry: ServerEntry, {connect, readLog}: TakeOverOptions): Promise<ServerConnection> {
  const deadline = performance.now() + START_TIMEOUT_MS;
  for (;;) {
    try {
      return await connectServer(entry, {...connect, isAnyProtocolFine: true});
    } catch (error) {
      if (!isStarting(error)) throw error;
      if (performance.now() > deadline) throw doesNotStart(entry, await readLog(), error);
    }
    await new Promise(resolve => setTimeout(resolve, RETRY_MS));
  }
}

const isStarting = (error: unknown): boolean => ['SERVER_DOWN', 'SERVER_LOST'].includes(errorCode(error) ?? '');

const doesNotStart = ({name}: ServerEntry, log: readonly string[], cause: unknown): TakoError =>
  new TakoError('SERVER_DOWN', `tako is installed on ${name} but does not answer`, {
    hint: 'the lines above are the last of its log',
    details: log,
    cause,
  });
