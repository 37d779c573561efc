import {homedir} from 'node:os';
import path from 'node:path';
import {fromProblem, toProblem} from '../../control/protocol.js';
import type {ServerInfo} from '../../control/server-methods.js';
import {type BuiltRelease, buildRelease} from '../../prod/deploy/build-release.js';
import {readClientPlatform} from '../../prod/deploy/client-platform.js';
import {
  type DeployOutcome,
  type DeployTarget,
  deployToServers,
  requireDeployable,
} from '../../prod/deploy/deploy-to-servers.js';
import {pinRuntime, renderRuntime} from '../../prod/deploy/pin-runtime.js';
import {type DeployPlan, type PlannedDeploy, planDeploy, requirePlan} from '../../prod/deploy/plan.js';
import type {PinnedRuntime} from '../../prod/deploy/runtime.js';
import {openSentManifests} from '../../prod/deploy/send-release.js';
import {findServerProblems, findServerWarnings} from '../../prod/deploy/server-problems.js';
import {connectServer, type ServerConnection} from '../../prod/remote/server-connection.js';
import {platformName} from '../../prod/remote/server-list.js';
import {TakoError} from '../../system/error.js';
import {run} from '../../system/exec.js';
import {confirm} from '../confirm.js';
import {loadCurrentProject} from '../context.js';
import {printJson, printNote, printResult, reportError} from '../output.js';
import {createServersContext, type ServersContext} from '../servers-context.js';
import {createDeployPrinter, type DeployPrinter} from './deploy-printer.js';
import {currentUser, DEFAULT_ENVIRONMENT, type DeploymentFlags} from './deployment-context.js';
import {describePlan} from './describe-plan.js';

export type DeployFlags = DeploymentFlags & {readonly dryRun?: boolean; readonly yes?: boolean};

/** Builds the project of this folder and puts it on its servers. The exit code is 1 when it did not get onto one of them. */
export async function deploy(flags: DeployFlags): Promise<void> {
  const context = createServersContext();
  const {planned, warnings} = await plan(flags, context);
  for (const warning of warnings) printNote(`warning: ${warning}`);
  if (flags.dryRun)
    return flags.json ? printJson({ok: true, plan: planned.plan}) : printResult(describePlan(planned.plan));
  if (!flags.json) printNote(describePlan(planned.plan));
  await confirmDeploy(flags, planned.plan);
  const printer = createDeployPrinter({isJson: flags.json === true, servers: planned.plan.servers});
  const {connections, unreached} = await connectAll(planned.plan, context);
  try {
    const outcomes = await deployTo(connections, planned, context, printer);
    finish([...unreached, ...outcomes], planned.plan, printer);
  } finally {
    await Promise.all(connections.map(connection => connection.close()));
  }
}

async function plan(
  flags: DeployFlags,
  {list}: ServersContext,
): Promise<{readonly planned: PlannedDeploy; readonly warnings: readonly string[]}> {
  const project = await loadCurrentProject(flags);
  const planning = await planDeploy({
    project,
    environment: flags.env ?? DEFAULT_ENVIRONMENT,
    knownServers: (await list.load()).map(({name}) => name),
    servers: flags.server,
    home: homedir(),
  });
  return {planned: requirePlan(planning), warnings: planning.warnings};
}

/** Production is not deployed to by a slip of the fingers; who says --env or --yes means it. Throws CANCELLED. */
async function confirmDeploy({yes, env, json}: DeployFlags, {servers}: DeployPlan): Promise<void> {
  if (yes || json || env !== undefined || !process.stdin.isTTY || !process.stderr.isTTY) return;
  await confirm(`deploy to ${servers.join(', ')}?`);
}

type Reached = {
  readonly connections: readonly ServerConnection[];
  readonly unreached: readonly DeployOutcome[];
};

/**
 * Those that do not answer do not keep the others from the release; but without the first one nobody runs the release
 * command. Rejects with what kept that, or all of them, from answering.
 */
async function connectAll(plan: DeployPlan, {list, connect}: ServersContext): Promise<Reached> {
  const entries = await Promise.all(plan.servers.map(name => list.find(name)));
  const settled = await Promise.allSettled(entries.map(entry => connectServer(entry, connect)));
  const connections = settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []));
  const [leader] = settled;
  const isLed = plan.releaseCommand === null || leader?.status === 'fulfilled';
  try {
    if (connections.length === 0 || !isLed) throw settled.find(one => one.status === 'rejected')?.reason;
    return {connections, unreached: failuresOf(settled, plan.servers)};
  } catch (error) {
    await Promise.all(connections.map(connection => connection.close()));
    throw error;
  }
}

/** What did not even begin. A bug is thrown, with its stack. */
function failuresOf(
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

async function deployTo(
  connections: readonly ServerConnection[],
  planned: PlannedDeploy,
  context: ServersContext,
  printer: DeployPrinter,
): Promise<readonly DeployOutcome[]> {
  // All that a server could have against it is asked before anything is built.
  const checks = await Promise.all(connections.map(connection => checkServer(connection, planned, printer)));
  const runtimes = await pinForEach(connections, planned.plan, context, printer);
  const releases = await buildForEach(connections, runtimes, planned, context, printer);
  const targets = connections.map((connection, index): DeployTarget => {
    const [check, release] = [checks[index], releases[index]];
    if (!check || !release) throw new Error('a server without a check or a release');
    return {connection, check, release, reconnect: () => connectServer(connection.entry, context.connect)};
  });
  const settled = await deployToServers(targets, {
    manifests: openSentManifests(path.join(planned.plan.project, '.tako', 'cache', 'manifests')),
    by: currentUser(),
    onEvent: printer.deployEvent,
  });
  const names = connections.map(({entry}) => entry.name);
  return [...settled.flatMap(one => (one.status === 'fulfilled' ? [one.value] : [])), ...failuresOf(settled, names)];
}

async function checkServer({client, info, entry}: ServerConnection, {plan}: PlannedDeploy, printer: DeployPrinter) {
  const asked = Date.now();
  const {now} = await client.call('hello', {version: info.version, protocol: info.protocol});
  const problems = findServerProblems(entry.name, {...info, now}, {asked, answered: Date.now()});
  const check = await client.call('check', {
    deployment: {app: plan.app, environment: plan.environment},
    routes: plan.routes,
    uploadBytes: 0,
  });
  requireDeployable(entry.name, {...check, problems: [...problems, ...check.problems]});
  for (const warning of findServerWarnings(plan, entry.name, info)) printer.warning(warning);
  return check;
}

/** Servers of one kind get the same release. */
const kindOf = ({platform, nodeVersion}: ServerInfo): string => `${platformName(platform)} ${nodeVersion}`;

/** What the release is run by on each kind of server. */
async function pinForEach(
  connections: readonly ServerConnection[],
  {runtime}: DeployPlan,
  {cacheFolder}: ServersContext,
  {buildEvent}: DeployPrinter,
): Promise<ReadonlyMap<string, PinnedRuntime>> {
  const pinned = new Map<string, PinnedRuntime>();
  if (runtime === null) return pinned;
  for (const {info} of connections) {
    if (pinned.has(kindOf(info))) continue;
    const startedAt = performance.now();
    const one = await pinRuntime(runtime, {...info, cacheFolder, run});
    const elapsedMs = Math.round(performance.now() - startedAt);
    if (one.program !== null) buildEvent({stage: 'runtime', type: 'done', elapsedMs, note: renderRuntime(one)});
    pinned.set(kindOf(info), one);
  }
  return pinned;
}

/** One build for each kind of server; they share a folder, so one follows the other. */
async function buildForEach(
  connections: readonly ServerConnection[],
  runtimes: ReadonlyMap<string, PinnedRuntime>,
  planned: PlannedDeploy,
  {cacheFolder}: ServersContext,
  printer: DeployPrinter,
): Promise<readonly BuiltRelease[]> {
  const built = new Map<string, BuiltRelease>();
  const releases: BuiltRelease[] = [];
  for (const {info} of connections) {
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
        onEvent: printer.buildEvent,
        signal: new AbortController().signal,
      }));
    built.set(kind, release);
    releases.push(release);
  }
  return releases;
}

function finish(unsorted: readonly DeployOutcome[], plan: DeployPlan, printer: DeployPrinter): void {
  const outcomes = plan.servers.flatMap(name => unsorted.filter(({server}) => server === name));
  const isOk = outcomes.every(({result}) => result.outcome === 'succeeded');
  if (!isOk) process.exitCode = 1;
  printer.end(outcomes, plan, isOk);
  for (const {result} of outcomes) {
    if (result.outcome === 'failed' && !printer.isJson) reportError(fromProblem(result.problem), {isJson: false});
  }
}
