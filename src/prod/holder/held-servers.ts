import {randomBytes} from 'node:crypto';
import type {InstanceRecords} from '../../supervisor/instance-records.js';
import {INSTANCE_MARKER} from '../../supervisor/spawn.js';
import type {Clock} from '../../system/clock.js';
import {processIdentity} from '../../system/processes.js';
import type {ServerProcessState} from './handover-table.js';
import type {ListeningSocket} from './listening-sockets.js';
import type {ServerMessage} from './protocol.js';
import {
  type HeldServer,
  inheritServerProcess,
  type ServerCommand,
  type ServerSockets,
  startServerProcess,
} from './server-process.js';

type OnMessage = (process: HeldServer, message: ServerMessage) => void;

/** The server processes that run, each with a record: one that outlives us by a moment would still have the sockets. */
export type HeldServers = {
  start(onMessage: OnMessage): Promise<HeldServer>;
  /** Goes on with one that the holder before has left. */
  inherit(before: ServerProcessState, sockets: ServerSockets, onMessage: OnMessage): HeldServer;
  all(): readonly {readonly process: HeldServer; readonly record: string}[];
};

export type HeldServersOptions = {
  readonly command: ServerCommand;
  readonly sockets: readonly ListeningSocket[];
  readonly records: InstanceRecords;
  readonly clock: Clock;
};

export function createHeldServers({command, sockets, records, clock}: HeldServersOptions): HeldServers {
  const held = new Map<HeldServer, string>();

  function keep(process: HeldServer, record: string): HeldServer {
    held.set(process, record);
    void process.exited.then(() => {
      held.delete(process);
      records.remove(record);
    });
    return process;
  }

  return {
    start: async onMessage => {
      const id = randomBytes(8).toString('hex');
      const environment = {...command.environment, [INSTANCE_MARKER]: id};
      records.add({id, app: 'server', pid: undefined, startTime: undefined});
      const take = (message: ServerMessage): void => onMessage(process, message);
      const process = await startServerProcess({...command, environment}, sockets, take, clock).catch(error => {
        records.remove(id);
        throw error;
      });
      keep(process, id);
      records.setPid(id, process.pid, (await processIdentity(process.pid))?.startTime);
      return process;
    },
    inherit: (before, pipes, onMessage) => {
      const take = (message: ServerMessage): void => onMessage(process, message);
      const process = inheritServerProcess(before, pipes, take, clock);
      return keep(process, before.record);
    },
    all: () => Array.from(held, ([process, record]) => ({process, record})),
  };
}
