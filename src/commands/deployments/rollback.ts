import {fromProblem} from '../../control/protocol.js';
import type {JobResult} from '../../control/server-methods.js';
import {agreeOnRollback} from '../../prod/deploy/agree-on-rollback.js';
import type {OnDeployEvent} from '../../prod/deploy/deploy-event.js';
import {followSteps} from '../../prod/deploy/follow-job.js';
import {underWay} from '../../prod/deploy/under-way.js';
import {connectServer, type ServerConnection} from '../../prod/remote/server-connection.js';
import {platformName} from '../../prod/remote/server-list.js';
import {TakoError} from '../../system/error.js';
import {listenForInterruption} from '../../system/interruption.js';
import {printResult} from '../output.js';
import {outcomeOf, printOutcomes, type ServerOutcome} from '../servers-outcome.js';
import {createDeployPrinter, type DeployPrinter} from './deploy-printer.js';
import {currentUser, type DeploymentFlags, type SelectedDeployment, selectDeployment} from './deployment-context.js';
import {closeAll, reachServers} from './reach-servers.js';

/**
 * Back to a release that served before, on every server of the environment: none begins before each has answered and has
 * the release. One that fails after that keeps what it served, and the others do not turn back: they have left a release
 * that somebody wants to be rid of.
 */
export async function rollback(release: string | undefined, flags: DeploymentFlags): Promise<void> {
  const selected = await selectDeployment(flags);
  const {connections} = await reachServers(selected.servers, selected.context, () => true);
  try {
    const targets = await findTargets(connections, selected, release ?? null);
    printOutcomes(await rollBackWatched(connections, targets, selected, flags.json === true), {
      json: flags.json,
      print: (server, {release: id}) => printResult(`${server}: release ${id} serves`),
    });
  } finally {
    await closeAll(connections);
  }
}

type Targets = ReadonlyMap<string, string>;

async function findTargets(
  connections: readonly ServerConnection[],
  {name: deployment}: SelectedDeployment,
  wanted: string | null,
): Promise<Targets> {
  const servers = await Promise.all(
    connections.map(async ({client, entry, info}) => {
      const {releases} = await client.call('releases', {deployment});
      const {job} = await client.call('check', {deployment, routes: [], uploadBytes: 0});
      if (job) throw underWay(entry.name, job);
      return {server: entry.name, platform: platformName(info.platform), releases};
    }),
  );
  return agreeOnRollback(servers, wanted);
}

type Outcomes = readonly ServerOutcome<{readonly release: string}>[];

/** Throws INTERRUPTED, which says that it goes on. */
async function rollBackWatched(
  connections: readonly ServerConnection[],
  targets: Targets,
  selected: SelectedDeployment,
  isJson: boolean,
): Promise<Outcomes> {
  const interruption = listenForInterruption();
  const {signal, interrupt} = interruption;
  const printer = await openPrinter(selected, isJson, interrupt);
  try {
    const outcomes = await Promise.all(
      connections.map(connection =>
        outcomeOf(connection.entry.name, () =>
          rollBack(connection, targets, selected, {onEvent: printer.onEvent, signal}),
        ),
      ),
    );
    if (signal.aborted) throw goesOn(outcomes);
    return outcomes;
  } finally {
    await printer.close(signal.aborted ? 'left' : 'over');
    interruption.close();
  }
}

/** JSON is one document, at the end. */
const openPrinter = async (
  {servers}: SelectedDeployment,
  isJson: boolean,
  interrupt: () => void,
): Promise<DeployPrinter> =>
  isJson
    ? {onEvent: () => undefined, close: async () => undefined}
    : createDeployPrinter({isJson, servers: servers.map(({name}) => name), interrupt});

async function rollBack(
  connection: ServerConnection,
  targets: Targets,
  {name: deployment, context}: SelectedDeployment,
  watch: {readonly onEvent: OnDeployEvent; readonly signal: AbortSignal},
): Promise<{readonly release: string}> {
  const release = targets.get(connection.entry.name) ?? null;
  const job = await connection.client.call('rollback', {deployment, release, by: currentUser()});
  const reconnect = (): Promise<ServerConnection> => connectServer(connection.entry, context.connect);
  return succeeded(await followSteps(connection, job, {...watch, reconnect}));
}

function succeeded(result: JobResult): {readonly release: string} {
  if (result.outcome === 'failed') throw fromProblem(result.problem);
  return {release: result.release};
}

function goesOn(outcomes: Outcomes): TakoError {
  const left = outcomes.filter(outcome => !outcome.ok && outcome.error.code === 'INTERRUPTED');
  return new TakoError('INTERRUPTED', `the rollback goes on at ${left.map(({server}) => server).join(', ')}`, {
    hint: '"tako releases" says what came of it',
  });
}
