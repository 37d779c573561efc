// What a deploy will do, as data: `--dry-run` shows it, and everything that can be known to be wrong is known here, before a
// build runs.

import type {Command, Config, Environment, Named} from '../../config/config.js';
import {decidePackageManager} from '../../config/dev-command.js';
import {decideFramework, decideProduction} from '../../config/frameworks.js';
import type {HealthCheck, HealthTimings} from '../../config/health.js';
import type {Project} from '../../config/load-project.js';
import {isLauncher, readProjectFacts} from '../../config/project-facts.js';
import {varsFor} from '../../config/vars.js';
import type {Problem} from '../../control/events.js';
import type {DeploymentName} from '../../control/server-methods.js';
import {renderRoute} from '../../proxy/route-syntax.js';
import {TakoError} from '../../system/error.js';
import type {Manifest, ResourceLimits} from '../releases/manifest.js';
import type {BuildStep, ProjectKnowledge} from './build-steps.js';
import {decideProductionCommand, type ProductionCommand, startVariables} from './production-command.js';
import {findProjectRoot} from './project-root.js';
import {decideRuntime, type WantedRuntime} from './runtime.js';
import {findPlanProblems, findPlanWarnings, findSettingProblems, problemOf} from './validate.js';

export type DeployPlan = DeploymentName & {
  /** The app's folder. Absolute. */
  readonly project: string;
  /** What is copied and built: the project's or its workspace's folder. Absolute. */
  readonly root: string;
  /** For people: `Next.js`. Null: none was found. */
  readonly framework: string | null;
  readonly packageManager: string;
  readonly build: readonly BuildStep[];
  /** Null: nothing runs. */
  readonly start: {readonly command: Command; readonly origin: string} | null;
  readonly runtime: WantedRuntime | null;
  /** Folders in the app's own, as they are written; `*` is any name. */
  readonly assets: readonly string[];
  readonly fallback: string | null;
  readonly routes: readonly string[];
  /** Sorted, each once. */
  readonly servers: readonly string[];
  readonly variables: Named<string>;
  readonly releaseCommand: string | null;
  readonly ssl: Manifest['ssl'];
  readonly health: HealthCheck;
  readonly healthTimings: HealthTimings;
  readonly limits: ResourceLimits;
  readonly stabilityMs: number;
  readonly readyTimeoutMs: number;
  readonly gracePeriodMs: number;
  readonly idleTimeoutMs: number | null;
  /** Null: as the server has it. */
  readonly scale: number | null;
  readonly assetsWindowMs: number;
  readonly keepReleases: number;
  readonly sourceIp: Environment['sourceIp'];
};

/** A plan with what it was made of, for `buildRelease`. */
export type PlannedDeploy = {
  readonly plan: DeployPlan;
  readonly known: ProjectKnowledge;
  readonly command: ProductionCommand;
};

export type Planning =
  | {readonly ok: true; readonly planned: PlannedDeploy; readonly warnings: readonly string[]}
  | {readonly ok: false; readonly problems: readonly Problem[]; readonly warnings: readonly string[]};

export type PlanOptions = {
  readonly project: Project;
  readonly environment: string;
  /** Names of the servers that this user has added. */
  readonly knownServers: readonly string[];
  /** What `--server` named, instead of those of the environment. */
  readonly servers?: readonly string[] | undefined;
  readonly home: string;
};

/** Decides all of a deploy, or lists every problem that stands against it. Reads the project; runs and writes nothing. */
export async function planDeploy(options: PlanOptions): Promise<Planning> {
  const {project, environment: name} = options;
  const environment = project.config.environments[name];
  const servers = chooseServers(options, environment);
  const known = await learnProject(project, options.home);
  const command = await decideProductionCommand(known).catch(problemOrThrow);
  const problems = [
    ...findSettingProblems({...options, servers}),
    ...('problem' in command ? [command.problem] : await findPlanProblems(known, command, environment)),
  ];
  const warnings = await findPlanWarnings(known, environment);
  if (problems.length > 0 || !environment || 'problem' in command) return {ok: false, problems, warnings};
  const plan = await makePlan(options, {known, command, environment, servers});
  return {ok: true, planned: {plan, known, command}, warnings};
}

/** The plan of a planning that succeeded. Throws its problem, or DEPLOY_INVALID with all of them where there are several. */
export function requirePlan(planning: Planning): PlannedDeploy {
  if (planning.ok) return planning.planned;
  const [first, ...others] = planning.problems;
  if (first && others.length === 0) {
    throw new TakoError(first.code, first.message, {
      details: first.details,
      ...(first.hint === null ? {} : {hint: first.hint}),
    });
  }
  throw new TakoError('DEPLOY_INVALID', `${planning.problems.length} problems stand against this deploy`, {
    hint: 'correct them, and look at the plan with tako deploy --dry-run',
    details: planning.problems.flatMap(renderLines),
  });
}

const renderLines = ({code, message, hint, details}: Problem): readonly string[] => [
  `${message} [${code}]`,
  ...details.map(detail => `  ${detail}`),
  ...(hint === null ? [] : [`  ${hint}`]),
];

function problemOrThrow(error: unknown): {readonly problem: Problem} {
  if (error instanceof TakoError) return {problem: problemOf(error)};
  throw error;
}

/** Throws PRESET_UNKNOWN. */
async function learnProject(project: Project, home: string): Promise<ProjectKnowledge> {
  const {config, directory} = project;
  const [facts, root] = await Promise.all([readProjectFacts(directory, home), findProjectRoot(project, home)]);
  const framework = decideFramework(config, facts);
  return {config, facts, framework, production: framework && decideProduction(framework, facts), root};
}

/**
 * Variables that a release is started with beside those of tako.toml, which go over them. Throws what speaks against a
 * release of the project.
 */
export async function findStartVariables(project: Project, home: string): Promise<Named<string>> {
  const {start} = await decideProductionCommand(await learnProject(project, home));
  return startVariables(start);
}

/** The only server that there is needs no naming. */
function chooseServers({servers, knownServers}: PlanOptions, environment: Environment | undefined): readonly string[] {
  const named = servers ?? environment?.servers ?? [];
  return [...new Set(named.length === 0 && knownServers.length === 1 ? knownServers : named)].sort();
}

type Decided = Omit<PlannedDeploy, 'plan'> & {readonly environment: Environment; readonly servers: readonly string[]};

async function makePlan(options: PlanOptions, {known, command, environment, servers}: Decided): Promise<DeployPlan> {
  const {config, directory} = options.project;
  const {start, build, assets} = command;
  return {
    app: config.name,
    environment: options.environment,
    project: directory,
    root: known.root.root,
    framework: known.framework?.name ?? null,
    packageManager: decidePackageManager(config, known.facts),
    build,
    start: start ? {command: start.argv, origin: start.origin} : null,
    runtime: start ? await decideRuntime(known, start.argv) : null,
    assets,
    fallback: environment.fallback === undefined ? command.fallback : environment.fallback,
    routes: [...new Set(environment.routes.map(renderRoute))],
    servers,
    variables: {...startVariables(start), ...varsFor(config, options.environment), ENV: options.environment},
    releaseCommand: environment.release ?? null,
    ssl: environment.ssl,
    ...processSettings(config, start, environment),
    scale: environment.scale ?? null,
    assetsWindowMs: environment.assetsWindowMs,
    keepReleases: environment.keepReleases,
    sourceIp: environment.sourceIp,
  };
}

type ProcessSettings = Pick<
  DeployPlan,
  'health' | 'healthTimings' | 'limits' | 'stabilityMs' | 'readyTimeoutMs' | 'gracePeriodMs' | 'idleTimeoutMs'
>;

function processSettings(config: Config, start: ProductionCommand['start'], environment: Environment): ProcessSettings {
  const {limits, idleTimeoutMs} = environment;
  // The programs of Tako's package answer /status; of an app that listens by itself only that is known.
  const byDefault: HealthCheck = start?.argv.some(isLauncher) ? {type: 'status'} : {type: 'tcp'};
  return {
    health: environment.health ?? byDefault,
    healthTimings: environment.healthTimings,
    limits: {
      memoryBytes: limits.memoryBytes ?? null,
      processes: limits.processes ?? null,
      openFiles: limits.openFiles ?? null,
    },
    stabilityMs: environment.stabilityMs,
    readyTimeoutMs: config.readyTimeoutMs,
    gracePeriodMs: config.gracePeriodMs,
    idleTimeoutMs: idleTimeoutMs === 'never' ? null : idleTimeoutMs,
  };
}
