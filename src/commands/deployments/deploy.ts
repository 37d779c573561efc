import {homedir} from 'node:os';
import path from 'node:path';
import type {Project} from '../../config/load-project.js';
import {fromProblem} from '../../control/protocol.js';
import type {ServerInfo} from '../../control/server-methods.js';
import {type BuiltRelease, buildRelease} from '../../prod/deploy/build-release.js';
import {readClientPlatform} from '../../prod/deploy/client-platform.js';
import {withStep} from '../../prod/deploy/deploy-event.js';
import type {ProjectSecrets} from '../../prod/deploy/deploy-secrets.js';
import {type DeployOutcome, type DeployTarget, deployToServers} from '../../prod/deploy/deploy-to-servers.js';
import {pinRuntime, renderRuntime} from '../../prod/deploy/pin-runtime.js';
import {type DeployPlan, type PlannedDeploy, planDeploy, requirePlan} from '../../prod/deploy/plan.js';
import type {PinnedRuntime} from '../../prod/deploy/runtime.js';
import {openSentManifests} from '../../prod/deploy/send-release.js';
import {connectServer, type ServerConnection} from '../../prod/remote/server-connection.js';
import {platformName} from '../../prod/remote/server-list.js';
import {run} from '../../system/exec.js';
import {listenForInterruption} from '../../system/interruption.js';
import {confirm} from '../confirm.js';
import {createContext, loadCurrentProject} from '../context.js';
import {describeUnsentVariables} from '../environment/dotenv-files.js';
import {refreshAllTypes} from '../generate/generate-types.js';
import {printJson, printNote, printResult, reportError} from '../output.js';
import {readProjectSecrets} from '../project-secrets.js';
import {createServersContext, type ServersContext} from '../servers-context.js';
import {type CheckedServer, type CheckOptions, checkServers} from './check-servers.js';
import {createDeployPrinter} from './deploy-printer.js';
import {currentUser, DEFAULT_ENVIRONMENT, type DeploymentFlags} from './deployment-context.js';
import {describePlan} from './describe-plan.js';
import {createLeftJobs} from './left-jobs.js';
import {closeAll, failuresOf, reachServers} from './reach-servers.js';

export type DeployFlags = DeploymentFlags & {readonly dryRun?: boolean; readonly yes?: boolean};

/** Builds the project of this folder and puts it on its servers. The exit code is 1 when it did not get onto one of them. */
export async function deploy(flags: DeployFlags): Promise<void> {
  const context = createServersContext();
  const {project, planned, secrets, warnings} = await plan(flags, context);
  for (const warning of warnings) printNote(`warning: ${warning}`);
  if (flags.dryRun)
    return flags.json ? printJson({ok: true, plan: planned.plan}) : printResult(describePlan(planned.plan));
  if (!flags.json) printNote(describePlan(planned.plan));
  await confirmDeploy(flags, planned.plan);
  // What is built is checked against the names that there are now.
  for (const note of await refreshAllTypes([project])) printNote(`warning: ${note}`);
  const outcomes = await deployWatched(planned, secrets, context, flags.json === true);
  finish(outcomes, planned.plan, flags.json === true);
}

async function plan(
  flags: DeployFlags,
  {list}: ServersContext,
): Promise<{
  readonly project: Project;
  readonly planned: PlannedDeploy;
  readonly secrets: ProjectSecrets;
  readonly warnings: readonly string[];
}> {
  const project = await loadCurrentProject(flags);
  const environment = flags.env ?? DEFAULT_ENVIRONMENT;
  const planning = await planDeploy({
    project,
    environment,
    knownServers: (await list.load()).map(({name}) => name),
    servers: flags.server,
    home: homedir(),
  });
  const planned = requirePlan(planning);
  const {secrets, warnings} = await readProjectSecrets(createContext(), project, environment);
  const unsent = await describeUnsentVariables(project, environment);
  return {project, planned, secrets, warnings: [...planning.warnings, ...warnings, ...unsent]};
}

/** Production is not deployed to by a slip of the fingers; who says --env or --yes means it. Throws CANCELLED. */
async function confirmDeploy({yes, env, json}: DeployFlags, {servers}: DeployPlan): Promise<void> {
  if (yes || json || env !== undefined || !process.stdin.isTTY || !process.stderr.isTTY) return;
  await confirm(`deploy to ${servers.join(', ')}?`);
}

/** Connects before anything is shown, as ssh may ask something. Throws INTERRUPTED, which says what goes on. */
async function deployWatched(
  planned: PlannedDeploy,
  secrets: ProjectSecrets,
  context: ServersContext,
  isJson: boolean,
): Promise<readonly DeployOutcome[]> {
  const {servers, releaseCommand} = planned.plan;
  const entries = await Promise.all(servers.map(name => context.list.find(name)));
  // Without the first one nobody runs the release command.
  const isNeeded = (place: number): boolean => releaseCommand !== null && place === 0;
  const {connections, unreached} = await reachServers(entries, context, isNeeded);
  const interruption = listenForInterruption();
  const {signal, interrupt} = interruption;
  const printer = await createDeployPrinter({isJson, servers, interrupt});
  const left = createLeftJobs();
  try {
    const outcomes = await deployTo(connections, planned, context, {
      ...left,
      secrets,
      onEvent: printer.onEvent,
      signal,
    });
    return [...unreached, ...outcomes];
  } catch (error) {
    await printer.close(signal.aborted ? 'left' : 'over');
    throw signal.aborted ? left.interrupted(planned.plan) : error;
  } finally {
    await printer.close('over');
    await closeAll(connections);
    interruption.close();
  }
}

type Watch = Omit<CheckOptions, 'manifests'>;

async function deployTo(
  connections: readonly ServerConnection[],
  planned: PlannedDeploy,
  context: ServersContext,
  watch: Watch,
): Promise<readonly DeployOutcome[]> {
  const manifests = openSentManifests(path.join(planned.plan.project, '.tako', 'cache', 'manifests'));
  const reached = connections.map(connection => ({
    connection,
    reconnect: () => connectServer(connection.entry, context.connect),
  }));
  const checked = await checkServers(reached, planned.plan, {...watch, manifests});
  const runtimes = await pinForEach(connections, planned.plan, context, watch);
  const targets = await buildForEach(checked, runtimes, planned, context, watch);
  const settled = await deployToServers(targets, {...watch, manifests, by: currentUser()});
  if (settled.some(({status}) => status === 'rejected')) watch.signal.throwIfAborted();
  const names = connections.map(({entry}) => entry.name);
  return [...settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : [])), ...failuresOf(settled, names)];
}

/** Servers of one kind get the same release. */
const kindOf = ({platform, nodeVersion}: ServerInfo): string => `${platformName(platform)} ${nodeVersion}`;

/** What the release is run by on each kind of server. */
async function pinForEach(
  connections: readonly ServerConnection[],
  {runtime}: DeployPlan,
  {cacheFolder}: ServersContext,
  watch: Watch,
): Promise<ReadonlyMap<string, PinnedRuntime>> {
  const pinned = new Map<string, PinnedRuntime>();
  if (runtime === null) return pinned;
  for (const {info} of connections) {
    if (pinned.has(kindOf(info))) continue;
    const pin = (): Promise<PinnedRuntime> => pinRuntime(runtime, {...info, cacheFolder, run});
    pinned.set(kindOf(info), await withStep({step: 'runtime', server: null}, watch, pin, renderRuntime));
  }
  return pinned;
}

/** One build for each kind of server; they share a folder, so one follows the other. */
async function buildForEach(
  servers: readonly CheckedServer[],
  runtimes: ReadonlyMap<string, PinnedRuntime>,
  planned: PlannedDeploy,
  {cacheFolder}: ServersContext,
  {onEvent, signal}: Watch,
): Promise<readonly DeployTarget[]> {
  const built = new Map<string, BuiltRelease>();
  const targets: DeployTarget[] = [];
  for (const server of servers) {
    const {info} = server.connection;
    const kind = kindOf(info);
    const release =
      built.get(kind) ??
      (await buildRelease(planned, {
        platform: info.platform,
        runtime: runtimes.get(kind) ?? null,
        client: readClientPlatform(),
        cacheFolder: path.join(cacheFolder, 'packages'),
        environment: process.env,
        run,
        onEvent: ({stage, ...event}) => onEvent({...event, step: stage, server: null}),
        signal,
      }));
    built.set(kind, release);
    targets.push({...server, release});
  }
  return targets;
}

function finish(
  unsorted: readonly DeployOutcome[],
  {app, environment, routes, servers}: DeployPlan,
  isJson: boolean,
): void {
  const outcomes = servers.flatMap(name => unsorted.filter(({server}) => server === name));
  const isOk = outcomes.every(({result}) => result.outcome === 'succeeded');
  if (!isOk) process.exitCode = 1;
  if (isJson) printJson({type: 'end', ok: isOk, app, environment, routes, servers: outcomes});
  else for (const outcome of outcomes) printOutcome(outcome, routes, servers.length > 1);
}

/** Names the server where there is more than one. */
function printOutcome({server, result}: DeployOutcome, routes: readonly string[], isSeveral: boolean): void {
  const prefix = isSeveral ? `${server}: ` : '';
  if (result.outcome === 'succeeded') {
    printResult(`${prefix}release ${result.release} serves ${routes.map(toUrl).join(' ')}`);
    return;
  }
  printNote(`${prefix}failed at ${result.step}`);
  reportError(fromProblem(result.problem), {isJson: false});
}

const toUrl = (route: string): string => `https://${route.replace(/\/\*$/, '/')}`;
