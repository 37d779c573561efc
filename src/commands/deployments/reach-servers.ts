import {toProblem} from '../../control/protocol.js';
import type {DeployOutcome} from '../../prod/deploy/deploy-to-servers.js';
import {connectServer, type ServerConnection} from '../../prod/remote/server-connection.js';
import type {ServerEntry} from '../../prod/remote/server-list.js';
import {TakoError} from '../../system/error.js';
import type {ServersContext} from '../servers-context.js';

export type Reached = {
  readonly connections: readonly ServerConnection[];
  readonly unreached: readonly DeployOutcome[];
};

/** Connects to all of them, beside each other. Those that `isNeeded` have to answer, and one at least: else it rejects. */
export async function reachServers(
  servers: readonly ServerEntry[],
  {connect}: ServersContext,
  isNeeded: (place: number) => boolean,
): Promise<Reached> {
  const settled = await Promise.allSettled(servers.map(server => connectServer(server, connect)));
  const connections = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
  const refused = settled.find(
    (one, place) => one.status === 'rejected' && (isNeeded(place) || connections.length === 0),
  );
  try {
    if (refused?.status === 'rejected') throw refused.reason;
    const names = servers.map(({name}) => name);
    return {connections, unreached: failuresOf(settled, names)};
  } catch (error) {
    await closeAll(connections);
    throw error;
  }
}

export const closeAll = (connections: readonly ServerConnection[]): Promise<unknown> =>
  Promise.all(connections.map(connection => connection.close()));

/** What did not even begin. A bug is thrown, with its stack. */
export function failuresOf(
  settled: readonly PromiseSettledResult<unknown>[],
  servers: readonly string[],
): readonly DeployOutcome[] {
  return settled.flatMap((one, index) => {
    if (one.status === 'fulfilled') return [];
    if (!(one.reason instanceof TakoError)) throw one.reason;
    const result = {outcome: 'failed', step: 'prepare', problem: toProblem(one.reason)} as const;
    return [{server: servers[index] ?? '', result}];
  });
}
